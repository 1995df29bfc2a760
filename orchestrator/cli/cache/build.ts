// SPDX-License-Identifier: MIT

import { existsSync, statSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Artifacts, GuestArtifacts } from "../../artifacts.ts";
import { InfrastructureError, UnmetNeedsError, UsageError } from "../../errors.ts";
import { callerDirectory, labRevision } from "../../project.ts";
import { Cache, defaultCacheRoot } from "../../provision/cache/cache.ts";
import { exportCache } from "../../provision/cache/carry/export.ts";
import { importCache } from "../../provision/cache/carry/import.ts";
import { resultKinds } from "../../provision/cache/clean.ts";
import { ofLab } from "../../provision/kernel/kernel-needs.ts";
import { carriedRecords, type Portable, provisionPortably } from "../../provision/portable.ts";
import { type ProvisionOptions, provision } from "../../provision/provision.ts";
import type { ProvisionEvent } from "../../provision/work/events.ts";
import { runTask } from "../../provision/work/task.ts";
import { cancellable } from "../../run/cancellation.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { kernelChoices, kernelFlags, kernelHelp } from "../flags/kernel-flags.ts";
import { qemuChoice, qemuFlags } from "../flags/qemu-flag.ts";
import { buildRequests } from "./build-requests.ts";

const ownFlags = {
  ...qemuFlags,
  import: {
    type: "string",
    value: "FILE",
    help: "take in what another machine of this kind has exported, then build what is still missing",
  },
  export: {
    type: "string",
    value: "FILE",
    help: "write what was built, without sources, to a file for other machines of this kind",
  },
  "no-build": {
    type: "boolean",
    help: "build nothing: what is missing, after --import where that is given, is an error, 125",
  },
  headers: {
    type: "boolean",
    help: "QEMU's headers, too, which the device tests, bench and fuzz are compiled against",
  },
  all: { type: "boolean", help: "what all scenarios of the project boot" },
  verbose: { type: "boolean", short: "v", help: "show what the builds print" },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab build [NAME|FILE.yaml]... [FLAGS]

Builds what these scenarios boot, as far as the cache does not have it, and says where it is. Without a name, what scenarios
boot that ask for no fragments of the kernel's configuration.

${flagRows(ownFlags)}
Kernels:
${kernelHelp}
Exit status: 0 built, 2 bad input or usage, 125 something did not build, or is missing with --no-build.
`;

/** `build`: provisions without running anything. */
export async function buildCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, { ...ownFlags, ...kernelFlags }, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const qemu = qemuChoice(values);
  const kernels = kernelChoices(values);
  const requests = buildRequests(positionals, { all: values.all, kernels, qemu });
  const progress = (event: ProvisionEvent) => tell(event, values.verbose === true);
  const exportTo = inCallersDirectory(values.export);
  if (exportTo !== undefined) await requireWritable(exportTo);
  const importFrom = inCallersDirectory(values.import);
  try {
    return await cancellable(async (signal) => {
      const options = { signal, progress };
      if (importFrom !== undefined) await takeIn(importFrom, options);
      const made: Portable[] = [];
      const how = { build: values["no-build"] !== true, headers: values.headers === true };
      const failed: InfrastructureError[] = [];
      for (const { scenarios, request } of requests) {
        const heading = requests.length === 1 ? "" : `# ${scenarios.join(", ")}\n`;
        const tell = (built: Artifacts) =>
          void process.stdout.write(`${heading}${describeArtifacts(built)}`);
        try {
          if (exportTo === undefined) tell(await provision({ ...request, ...how }, options));
          else {
            const portable = await provisionPortably({ ...request, ...how }, options);
            made.push(portable);
            tell(portable.artifacts);
          }
        } catch (error) {
          if (error instanceof UnmetNeedsError && values.all) {
            // It will be skipped.
            process.stderr.write(`${heading}cannot run on this kernel: ${error.message}\n`);
            continue;
          }
          // What one scenario's kernel lacks is not in the way of the others'.
          if (!(error instanceof InfrastructureError) || signal.aborted) throw error;
          process.stderr.write(`${heading}${evidence(error, values.verbose)}${error.message}\n`);
          failed.push(error);
        }
      }
      if (exportTo !== undefined && made.length > 0) await writeOut(made, exportTo, options);
      return failed.length === 0 ? 0 : 125;
    });
  } catch (error) {
    if (error instanceof InfrastructureError) process.stderr.write(evidence(error, values.verbose));
    throw error;
  }
}

function inCallersDirectory(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(callerDirectory(), path);
}

/** Before anything is built. */
async function requireWritable(file: string): Promise<void> {
  const directory = dirname(file);
  await access(directory, constants.W_OK).catch((cause: unknown) => {
    throw new UsageError(`--export: there is no directory ${directory} to write to`, { cause });
  });
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--export: expected the name of a file, ${file} is a directory`);
  }
}

/** Says what the file had, and whether it was of this revision of the project. */
async function takeIn(file: string, { signal, progress }: ProvisionOptions): Promise<void> {
  const cache = new Cache(defaultCacheRoot());
  const allowed = { kinds: resultKinds, records: carriedRecords };
  const name = { id: "cache-import", title: `Take in ${basename(file)}` };
  const { carried, added, replaced } = await runTask(
    { signal, progress },
    name,
    cache.logPath(name.id),
    (task) => importCache(cache, file, allowed, task),
  );
  const { lab, made, entries } = carried;
  const here = await labRevision();
  const other = [lab, "unknown"].includes(here) ? "" : `; what ${here} has otherwise is built now`;
  const lines = [
    `${file}: made ${made} by revision ${lab}${other}`,
    `${entries.length} results, ${added} of them new here`,
    ...replaced.map((path) => `${path} has other versions now, which are used from now on`),
  ];
  process.stderr.write(lines.map((line) => `${line}\n`).join(""));
}

async function writeOut(
  made: readonly Portable[],
  file: string,
  { signal }: ProvisionOptions,
): Promise<void> {
  process.stderr.write(`Write ${basename(file)} ...\n`);
  const request = {
    entries: [...new Set(made.flatMap(({ entries }) => entries))].sort(),
    records: Object.assign({}, ...made.map(({ records }) => records)),
    lab: await labRevision(),
  };
  const bytes = await exportCache(new Cache(defaultCacheRoot()), request, file, signal);
  process.stdout.write(`exported to ${file} (${(bytes / 1024 ** 2).toFixed(0)} MiB)\n`);
}

/** Progress goes to standard error, so that the paths can be read from standard output. */
function tell(event: ProvisionEvent, verbose: boolean): void {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  if (event.type === "task-started") say(`${event.task.title} ...`);
  else if (event.type === "task-waiting") say(`${event.task.title}: waiting: ${event.reason}`);
  else if (event.type === "task-output" && verbose) say(event.line);
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

function rowsOf(prefix: string, { kernel, initrd, lacks, superseded }: GuestArtifacts): string[][] {
  const rows = [
    ["kernel", `${kernel.release}, ${kernel.origin}`],
    ...(kernel.fragments.length > 0 ? [["with", kernel.fragments.join(" + ")]] : []),
    ["compiler", kernel.compiler],
    ["kernel image", kernel.image],
    ["vmlinux", kernel.vmlinux],
    ["config", kernel.config],
    ["source", ifHere(kernel.sourceDir)],
    ["build tree", ifHere(kernel.buildDir)],
    ["initial RAM disk", initrd],
    ...lacks.map(({ name, reason }) => ["without", `${name}: ${reason}`]),
    ...superseded.map(({ name, reason }) => ["without", `${ofLab(name)}: ${reason}`]),
  ];
  return rows.map(([name, text]) => [`${prefix}${name}`, text ?? ""]);
}

function ifHere(directory: string): string {
  return existsSync(directory) ? directory : `not here (made in ${directory} when it is needed)`;
}
