// SPDX-License-Identifier: MIT
import * as z from "zod";
import { machineField } from "../scenario/topology/graph-names.ts";
import { defineStep, type GuestCommand, inGuest } from "./step-kind.ts";

export interface WaitUntilEvidence {
  /** Time until the command ended with 0, in milliseconds. */
  readonly ms: number;
  /** What it printed then. */
  readonly printed: string;
}

/** Runs a command until it ends with 0. Each try's output replaces the one before: what a deadline shows is the last. */
export function untilTrue(command: string): string {
  return `attempt() { ( ${command}
) 2>&1; }
last=
until printed=$(attempt); do
  [ "$printed" = "$last" ] || { echo "not yet: $printed" >&2; last=$printed; }
  sleep 0.05
done
echo "$printed"`;
}

const schema = z.strictObject({
  on: machineField("The guest in which it runs."),
  run: z.string().min(1).describe("The command, which is run until it ends with 0."),
  title: z.string().min(1).optional().describe("What is waited for, in words for reports."),
});

const titleOf = ({ run, title }: z.output<typeof schema>) =>
  title ?? (run.trim().split("\n")[0] || "");

function command(params: z.output<typeof schema>): GuestCommand {
  const { on, run } = params;
  return { on, what: `waiting for: ${titleOf(params)}`, script: untilTrue(run) };
}

export const waitUntil = defineStep({
  kind: "wait-until",
  summary: "waits until a shell command in a guest ends with 0, which its time limit ends",
  schema,
  limitMs: () => 20_000,
  title: (params) => `Wait until ${params.on}: ${titleOf(params)}`,
  commands: (params) => [command(params)],
  run: async (params, context): Promise<WaitUntilEvidence> => {
    const began = performance.now();
    const printed = await inGuest(context, command(params));
    return { ms: performance.now() - began, printed: printed.trimEnd() };
  },
});
