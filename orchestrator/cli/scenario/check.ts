// SPDX-License-Identifier: MIT
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { readPlan } from "../../run/read-plan.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import type { Plan } from "../../scenario/plan.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { fileOf } from "../flags/scenario-choice.ts";

const flags = {
  set: {
    type: "string",
    value: "KEY=VALUE",
    multiple: true,
    help: "look at the scenario with this laid over it, as a run with the same flag would",
  },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab check [FILE.yaml|NAME]... [FLAGS]

Reads scenarios and says what is wrong in them: file, line, column, what was expected, and what is near.
Runs nothing. Without a name, all scenarios of the project.

${flagRows(flags)}
Exit status: 0 nothing is wrong, 2 something is.
`;

/** `check`: what is wrong in scenario files. */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const given =
    positionals.length > 0
      ? positionals.map(fileOf)
      : listScenarios(scenarioDirectory).map(({ name, file }) => ({ name, file }));
  let wrong = 0;
  for (const { name, file } of given) {
    try {
      process.stdout.write(`${name}: ${sizeOf(readPlan(file, { set: values.set ?? [] }))}\n`);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n`);
      wrong++;
    }
  }
  return wrong > 0 ? 2 : 0;
}

/** `2 variants, 14 steps, 5 checks` for one that is fine. */
function sizeOf({ variants, configFragments, programs }: Plan): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const steps = variants.reduce((sum, variant) => sum + variant.steps.length, 0);
  const checks = variants.reduce((sum, variant) => sum + variant.checks.length, 0);
  return [
    ...(variants.length > 1 ? [count(variants.length, "variant")] : []),
    count(steps, "step"),
    count(checks, "check"),
    ...(configFragments.length > 0 ? [`kernel with ${configFragments.join(", ")}`] : []),
    ...(programs.length > 0 ? [`image with ${programs.join(", ")}`] : []),
  ].join(", ");
}
