// SPDX-License-Identifier: MIT
import { basename, join, resolve } from "node:path";
import { UsageError } from "../run/errors.ts";
import { findScenario, listScenarios } from "../scenario/catalogue.ts";
import { comparisonWith } from "./comparison.ts";
import { parseFlags, positiveNumber, wholeNumber } from "./flags.ts";
import { kernelChoices, kernelFlags, kernelHelp, kernelWords } from "./kernel-flags.ts";
import { callerDirectory, projectDirectory, scenarioDirectory } from "./project.ts";
import { lastFailed, ofShard, parseShard } from "./selection.ts";

const help = `usage: npm run scenario [NAME|FILE.yaml]... [-- FLAGS]

Runs scenarios and prints the verdict. Without a name, lists the scenarios.

  --out DIR            where reports and logs go (default: runs/NAME-TIME)
  --timeout-scale N    multiply every time limit by N
  --dry-run            print both QEMU command lines and every guest command; run nothing
  --all                every scenario of the project
  --shard I/N          only part I of N equal parts of the scenarios; "npm run report merge" joins the parts
  --label TEXT         a name for these runs in a merged report, such as the machine's
  --last-failed        only scenarios whose last run did not pass
  --retries N          make a run that did not pass again, up to N times; passed then, it is "flaky"
  --fail-on-flaky      flaky fails
  --compare FILE       compare with that result.json (default: with the last runs in the history)
  --history FILE       where outcomes are remembered (default: runs/history.jsonl of the project)
  --help               this text

Kernels:
${kernelHelp}
Exit status: 0 passed, 1 a check failed or a guest crashed, 2 bad input or usage,
125 could not be judged (a build or the infrastructure failed), 130 interrupted.
`;

/** `scenario`: lists scenarios, or runs some. */
export async function scenarioCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    out: { type: "string" },
    "timeout-scale": { type: "string" },
    "dry-run": { type: "boolean" },
    all: { type: "boolean" },
    shard: { type: "string" },
    label: { type: "string" },
    "last-failed": { type: "boolean" },
    retries: { type: "string" },
    "fail-on-flaky": { type: "boolean" },
    compare: { type: "string" },
    history: { type: "string" },
    ...kernelFlags,
    help: { type: "boolean" },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (values.all && positionals.length > 0) {
    throw new UsageError(`expected scenarios or --all, got both: ${positionals.join(" ")}`);
  }
  const several = values.all || values["last-failed"] || values.shard !== undefined;
  if (positionals.length === 0 && !several) {
    process.stdout.write(listing());
    return 0;
  }
  const path = (given: string) => resolve(callerDirectory(), given);
  const history = path(values.history ?? join(projectDirectory, "runs", "history.jsonl"));
  const scale = values["timeout-scale"] ?? "1";
  const timeoutScale = positiveNumber("timeout-scale", scale);
  const words = [...(timeoutScale === 1 ? [] : ["--timeout-scale", scale]), ...kernelWords(values)];
  const flags = words.length === 0 ? "" : ` -- ${words.join(" ")}`;
  const shard = parseShard(values.shard ?? "1/1");
  const named =
    positionals.length > 0
      ? positionals.map(fileOf)
      : listScenarios(scenarioDirectory).map(({ name, file }) => ({ name, file }));
  const { readHistory } = await import("../report/history.ts");
  const failed = values["last-failed"] ? lastFailed(await readHistory(history)) : undefined;
  const chosen = ofShard(
    named.filter(({ file }) => !failed || failed.has(basename(file, ".yaml"))),
    shard,
  ).map((one) => ({ ...one, reproduce: `npm run scenario ${one.name}${flags}` }));

  const { readPlan } = await import("./read-plan.ts");
  if (values["dry-run"]) {
    const { dryRun } = await import("./dry-run.ts");
    for (const { file } of chosen) process.stdout.write(dryRun(readPlan(file)));
    return 0;
  }
  const settings = {
    ...{ timeoutScale, history },
    kernels: kernelChoices(values),
    retries: wholeNumber("retries", values.retries ?? "0"),
    failOnFlaky: values["fail-on-flaky"] === true,
    ...(values.compare === undefined
      ? {}
      : { compare: await comparisonWith(path(values.compare)) }),
  };
  const { cancellable } = await import("./cancellation.ts");
  const [only] = chosen;
  if (positionals.length === 1 && !several && only) {
    const { runOnTerminal } = await import("./run-on-terminal.ts");
    const plan = readPlan(only.file);
    const out = path(values.out ?? defaultOut(plan.scenario));
    const { reproduce } = only;
    return cancellable((signal) => runOnTerminal(plan, out, { ...settings, reproduce }, signal));
  }
  if (chosen.length === 0 && failed) {
    process.stdout.write("Of these scenarios none failed in its last run.\n");
    return 0;
  }
  const { runSeveral } = await import("./several.ts");
  const out = path(values.out ?? defaultOut("scenarios"));
  const label = values.label ?? "";
  return cancellable((signal) => runSeveral({ chosen, out, settings, shard, label, signal }));
}

/** Throws UsageError if there is no such scenario. */
function fileOf(given: string): { name: string; file: string } {
  const found = findScenario(given, scenarioDirectory, callerDirectory());
  if ("message" in found) throw new UsageError(found.message);
  return { name: given, file: found.file };
}

function listing(): string {
  const entries = listScenarios(scenarioDirectory);
  const width = Math.max(...entries.map((entry) => entry.name.length));
  return entries.map(({ name, title }) => `${name.padEnd(width)}  ${title}\n`).join("");
}

function defaultOut(scenario: string): string {
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:]/g, "");
  return `runs/${scenario}-${time}`;
}
