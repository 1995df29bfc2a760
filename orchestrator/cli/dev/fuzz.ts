// SPDX-License-Identifier: MIT
import { join, resolve } from "node:path";
import type { FuzzResult } from "../../../qemu-devices/fuzz/run.ts";
import { targets } from "../../../qemu-devices/fuzz/targets.ts";
import { UsageError } from "../../errors.ts";
import { callerDirectory } from "../../project.ts";
import { suggestion } from "../../scenario/nearest.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag, wholeNumber } from "../flags/flags.ts";

const flags = {
  seconds: {
    type: "string",
    value: "N",
    help: "for each target (default: 60; 0 runs the corpus alone)",
  },
  merge: {
    type: "boolean",
    help: "what this machine has found joins the project's corpus, to be committed",
  },
  out: {
    type: "string",
    value: "DIR",
    help: "where logs and inputs that break something go (default: runs/fuzz)",
  },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: npm run fuzz [TARGET...] [-- FLAGS]

Fuzzes the devices' register files, linked-list walker and link decoder, with sanitizers.

${flagRows(flags)}
Targets:
${targets.map(({ name, what }) => `  ${name.padEnd(15)} ${what}\n`).join("")}
Exit status: 0 nothing broke, 1 something did, 2 bad usage, 125 could not be built or run.
`;

/** `fuzz`: runs the fuzz targets and adds to this machine's corpus, in the cache. */
export async function fuzzCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const chosen = choose(positionals);
  const seconds = wholeNumber("seconds", values.seconds ?? "60");
  const out = resolve(callerDirectory(), values.out ?? "runs/fuzz");
  const { provision } = await import("../../provision/provision.ts");
  const { defaultCacheRoot } = await import("../../provision/cache/cache.ts");
  const { fuzz } = await import("../../../qemu-devices/fuzz/run.ts");
  const { cancellable } = await import("../../run/cancellation.ts");
  const results = await cancellable(async (signal) => {
    const progress = (event: { type: string; task: { title: string } }) =>
      event.type === "task-started" && say(`${event.task.title} …`);
    const { qemu } = await provision({ headers: true }, { signal, progress });
    return fuzz({
      ...{ qemu, limit: { seconds }, targets: chosen, signal, progress: say, out },
      corpus: join(defaultCacheRoot(), "fuzz-corpus"),
      merge: values.merge === true,
    });
  });
  process.stdout.write(results.map(line).join(""));
  return results.some(({ failure }) => failure) ? 1 : 0;
}

function say(text: string): void {
  process.stderr.write(`fuzz: ${text}\n`);
}

function choose(names: readonly string[]) {
  if (names.length === 0) return targets;
  return names.map((name) => {
    const target = targets.find((one) => one.name === name);
    if (target) return target;
    const known = targets.map((one) => one.name);
    throw new UsageError(
      `there is no fuzz target "${name}", only ${known.join(", ")}.${suggestion(name, known)}`,
    );
  });
}

function line({ target, executions, found, added, failure }: FuzzResult): string {
  if (!failure) {
    const kept = found > 0 ? `, ${found} new on this machine` : "";
    const corpus = added > 0 ? `, ${added} new in the project's corpus` : "";
    return `ok    ${target}: ${executions} inputs${kept}${corpus}\n`;
  }
  return `BROKE ${target}: ${failure.reason}
      input:     ${failure.input}
      log:       ${failure.log}
      reproduce: ${failure.reproduce}
`;
}
