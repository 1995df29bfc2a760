// SPDX-License-Identifier: MIT
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { kernelChoices, kernelFlags, kernelHelp } from "../flags/kernel-flags.ts";
import { qemuChoice, qemuFlags } from "../flags/qemu-flag.ts";

const ownFlags = { ...qemuFlags, ...helpFlag } as const satisfies Flags;

const help = () => `usage: ntb-edma-lab doctor [FLAGS]

Tells what is here and what is missing for runs on this machine, which accelerator they will have and why, what
the cache has, and versions. Changes nothing and asks no server.

${flagRows(ownFlags)}
Kernels, for what the cache has of them:
${kernelHelp}
Exit status: 0 runs can be made, perhaps after a build; 2 a person must change something first.
`;

/** `doctor`: what stands in the way of runs here. */
export async function doctorCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, { ...ownFlags, ...kernelFlags }, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  if (positionals.length > 0) {
    const { UsageError } = await import("../../errors.ts");
    throw new UsageError(`"doctor" takes no names, got: ${positionals.join(" ")}`);
  }
  const { doctorFacts } = await import("./facts.ts");
  const { doctorFindings, optionalPrograms } = await import("./findings.ts");
  const { cancellable } = await import("../../run/cancellation.ts");
  const programs = optionalPrograms.flatMap(({ names }) => [...names]);
  const request = { kernels: kernelChoices(values), qemu: qemuChoice(values) };
  const facts = await cancellable((signal) => doctorFacts(request, programs, signal));
  const findings = doctorFindings(facts);
  const missing = findings.filter(({ status }) => status === "missing").length;
  const width = Math.max(...findings.map(({ what }) => what.length));
  const heading = `ntb-edma-lab ${facts.lab}, Node.js ${facts.node}, ${facts.system}, ${facts.processors} processors`;
  const words = { ok: "ok", note: "note", missing: "MISSING" };
  const rows = findings.map(
    ({ status, what, text }) => `  ${words[status].padEnd(7)}  ${what.padEnd(width)}  ${text}\n`,
  );
  const verdict = missing === 0 ? "Runs can be made here." : "Runs cannot be made here yet.";
  process.stdout.write(`${heading}\n\n${rows.join("")}\n${verdict}\n`);
  return missing === 0 ? 0 : 2;
}
