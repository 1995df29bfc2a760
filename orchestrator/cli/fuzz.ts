// SPDX-License-Identifier: MIT
import { resolve } from "node:path";
import { type FuzzResult, fuzz } from "../../qemu-devices/fuzz/run.ts";
import { targets } from "../../qemu-devices/fuzz/targets.ts";
import { provision } from "../provision/provision.ts";
import { UsageError } from "../run/errors.ts";
import { suggestion } from "../scenario/nearest.ts";
import { parseFlags, wholeNumber } from "./flags.ts";
import { callerDirectory } from "./project.ts";

const help = `usage: npm run fuzz [TARGET...] [-- FLAGS]

Fuzzes the devices' register files, linked-list walker and link decoder, with sanitizers.

  --seconds N     for each target (default: 60; 0 runs the corpus alone)
  --no-merge      keep the corpus as it is
  --out DIR       where logs and inputs that break something go (default: runs/fuzz)
  --help          this text

Targets:
${targets.map(({ name, what }) => `  ${name.padEnd(15)} ${what}\n`).join("")}
Exit status: 0 nothing broke, 1 something did, 2 bad usage, 125 could not be built or run.
`;

/** `fuzz`: runs the fuzz targets and adds to their corpus. */
export async function fuzzCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    seconds: { type: "string" },
    "no-merge": { type: "boolean" },
    out: { type: "string" },
    help: { type: "boolean" },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = choose(positionals);
  const seconds = wholeNumber("seconds", values.seconds ?? "60");
  const cancel = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => cancel.abort(new Error(`interrupted by ${name}`)));
  }
  const say = (text: string) => void process.stderr.write(`fuzz: ${text}\n`);
  const { qemu } = await provision(
    {},
    {
      signal: cancel.signal,
      progress: (event) => event.type === "step-started" && say(`${event.step.title} …`),
    },
  );
  const results = await fuzz({
    ...{ qemu, seconds, targets: chosen, signal: cancel.signal, progress: say },
    merge: values["no-merge"] !== true,
    out: resolve(callerDirectory(), values.out ?? "runs/fuzz"),
  });
  process.stdout.write(results.map(line).join(""));
  return results.some(({ failure }) => failure) ? 1 : 0;
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

function line({ target, executions, added, failure }: FuzzResult): string {
  if (!failure) {
    const corpus = added > 0 ? `, ${added} new in the corpus` : "";
    return `ok    ${target}: ${executions} inputs${corpus}\n`;
  }
  return `BROKE ${target}: ${failure.reason}
      input:     ${failure.input}
      log:       ${failure.log}
      reproduce: ${failure.reproduce}
`;
}
