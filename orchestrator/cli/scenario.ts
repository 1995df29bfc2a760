// SPDX-License-Identifier: MIT
import { resolve } from "node:path";
import { UsageError } from "../run/errors.ts";
import { findScenario, listScenarios } from "../scenario/catalogue.ts";
import { parseFlags, positiveNumber } from "./flags.ts";
import { callerDirectory, scenarioDirectory } from "./project.ts";

const help = `usage: npm run scenario [NAME|FILE.yaml] [-- FLAGS]

Runs a scenario and prints the verdict. Without a name, lists the scenarios.

  --out DIR            where reports and logs go (default: runs/NAME-TIME)
  --timeout-scale N    multiply every time limit by N
  --dry-run            print both QEMU command lines and every guest command; run nothing
  --help               this text

Exit status: 0 passed, 1 a check failed or a guest crashed, 2 bad input or usage,
125 could not be judged (a build or the infrastructure failed), 130 interrupted.
`;

/** `scenario`: lists scenarios, or runs one. */
export async function scenarioCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    out: { type: "string" },
    "timeout-scale": { type: "string" },
    "dry-run": { type: "boolean" },
    help: { type: "boolean" },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [given, ...more] = positionals;
  if (more.length > 0) {
    throw new UsageError(
      `expected one scenario, got ${positionals.length}: ${positionals.join(" ")}`,
    );
  }
  if (given === undefined) {
    process.stdout.write(listing());
    return 0;
  }
  const found = findScenario(given, scenarioDirectory, callerDirectory());
  if ("message" in found) throw new UsageError(found.message);
  const timeoutScale = positiveNumber("timeout-scale", values["timeout-scale"] ?? "1");
  const { readPlan } = await import("./read-plan.ts");
  const plan = readPlan(found.file);
  if (values["dry-run"]) {
    const { dryRun } = await import("./dry-run.ts");
    process.stdout.write(dryRun(plan));
    return 0;
  }
  const { runOnTerminal } = await import("./run-on-terminal.ts");
  const out = resolve(callerDirectory(), values.out ?? defaultOut(plan.scenario));
  return runOnTerminal(plan, out, timeoutScale);
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
