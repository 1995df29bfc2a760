// SPDX-License-Identifier: MIT

import type { Artifacts, GuestArtifacts } from "../../artifacts.ts";
import { InfrastructureError } from "../../errors.ts";
import { provision } from "../../provision/provision.ts";
import type { ProvisionEvent } from "../../provision/work/events.ts";
import { cancellable } from "../../run/cancellation.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { kernelChoices, kernelFlags, kernelHelp } from "../flags/kernel-flags.ts";
import { qemuChoice, qemuFlags } from "../flags/qemu-flag.ts";

const ownFlags = {
  ...qemuFlags,
  verbose: { type: "boolean", short: "v", help: "show what the builds print" },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab build [FLAGS]

Builds what a scenario boots, as far as the cache does not have it, and says where it is.

${flagRows(ownFlags)}
Kernels:
${kernelHelp}
Exit status: 0 built, 2 bad input or usage, 125 something did not build.
`;

/** `build`: provisions without running anything. */
export async function buildCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, { ...ownFlags, ...kernelFlags }, help);
  if (asked === undefined) return 0;
  const { values } = asked;
  const request = { kernels: kernelChoices(values), qemu: qemuChoice(values) };
  const progress = (event: ProvisionEvent) => tell(event, values.verbose === true);
  try {
    const artifacts = await cancellable((signal) => provision(request, { signal, progress }));
    process.stdout.write(describeArtifacts(artifacts));
    return 0;
  } catch (error) {
    if (error instanceof InfrastructureError) process.stderr.write(evidence(error, values.verbose));
    throw error;
  }
}

/** Progress goes to standard error, so that the paths can be read from standard output. */
function tell(event: ProvisionEvent, verbose: boolean): void {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  if (event.type === "step-started") say(`${event.step.title} ...`);
  else if (event.type === "step-waiting") say(`${event.step.title}: waiting: ${event.reason}`);
  else if (event.type === "step-output" && verbose) say(event.line);
}

function evidence({ tail, logPath }: InfrastructureError, verbose = false): string {
  const lines = verbose ? [] : tail;
  const where = logPath === undefined ? [] : [`whole log: ${logPath}`];
  return [...lines, ...where].map((line) => `${line}\n`).join("");
}

/** Where everything is, one name and path a line. */
export function describeArtifacts({ qemu, guests }: Artifacts): string {
  const same = guests.host === guests.endpoint;
  const rows = [
    ["QEMU", `${qemu.binary} (${qemu.version})`],
    ...(same ? rowsOf("", guests.host) : []),
    ...(same ? [] : rowsOf("host: ", guests.host)),
    ...(same ? [] : rowsOf("endpoint: ", guests.endpoint)),
  ];
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  return rows.map(([name = "", text]) => `${name.padEnd(width)}  ${text}\n`).join("");
}

function rowsOf(prefix: string, { kernel, initrd, lacks }: GuestArtifacts): string[][] {
  const rows = [
    ["kernel", `${kernel.release}, ${kernel.origin}`],
    ["compiler", kernel.compiler],
    ["kernel image", kernel.image],
    ["vmlinux", kernel.vmlinux],
    ["config", kernel.config],
    ["source", kernel.sourceDir],
    ["build tree", kernel.buildDir],
    ["initial RAM disk", initrd],
    ...lacks.map(({ name, reason }) => ["without", `${name}: ${reason}`]),
  ];
  return rows.map(([name, text]) => [`${prefix}${name}`, text ?? ""]);
}
