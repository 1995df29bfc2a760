// SPDX-License-Identifier: MIT
import * as z from "zod";
import { machineField } from "../scenario/topology/graph-names.ts";
import { commandFailure, mayFail } from "./failure.ts";
import { type CommandOutcome, outcomeOf } from "./offers.ts";
import { defineStep, execOptions, type GuestCommand } from "./step-kind.ts";
import { strict } from "./strict.ts";

const schema = z.strictObject({
  on: machineField("The guest in which it runs."),
  run: z
    .string()
    .min(1)
    .describe(
      "The command, of one line or many; bash ends it at the first that fails (`set -e`, `pipefail`).",
    ),
  title: z.string().min(1).optional().describe("What it is for, in words for reports."),
  "may-fail": mayFail,
});

function command({ on, run, title }: z.output<typeof schema>): GuestCommand {
  return { on, what: title ?? "a command of the scenario", script: strict(run) };
}

export const shell = defineStep({
  kind: "shell",
  summary: "runs any shell command in a guest and keeps what it prints, for a `command` check",
  schema,
  limitMs: () => 30_000,
  title: ({ on, run, title }) => title ?? `${on}: ${run.trim().split("\n")[0]}`,
  commands: (params) => [command(params)],
  run: async (params, context): Promise<CommandOutcome> => {
    const { on, script, what } = command(params);
    const result = await context.lab.vm(on).ssh.run(script, execOptions(context, what));
    return outcomeOf(result);
  },
  failure: (outcome, params) =>
    params["may-fail"] ? undefined : commandFailure("the command", outcome),
  offers: { command: (outcome) => outcome },
});
