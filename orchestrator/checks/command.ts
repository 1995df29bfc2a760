// SPDX-License-Identifier: MIT
import * as z from "zod";
import { endingOf } from "../lab/ending.ts";
import { pattern } from "../scenario/pattern.ts";
import type { CommandOutcome } from "../steps/offers.ts";
import { defineCheck, NothingToJudge } from "./check-kind.ts";
import { offerOf, stepOffering } from "./step-field.ts";

const schema = z.strictObject({
  of: stepOffering("command"),
  status: z.int().min(0).max(255).default(0).describe("The exit status that it must end with."),
  stdout: pattern.optional().describe("What its standard output must match, in some line."),
  stderr: pattern.optional().describe("What its standard error must match, in some line."),
});
type Params = z.output<typeof schema>;

export const command = defineCheck({
  kind: "command",
  judgesOutcome: true,
  summary: "a command, of a shell step or under way during a fault, ended and printed as expected",
  schema,
  judge: (params, findings) => {
    const outcome = offerOf(findings, params.of, "command");
    if (!outcome) {
      throw new NothingToJudge(`nothing was under way during the step "${params.of}"`);
    }
    const status = outcome.status ?? outcome.signal ?? "none";
    const said = `${outcome.stdout}${outcome.stderr}`.trim().slice(-300);
    return {
      measured: `status ${status}${said ? `: ${said.split("\n").at(-1)}` : ""}`,
      expected: wantedOf(params),
      reason: isAsWanted(outcome, params)
        ? undefined
        : `the command ${endingOf(outcome)} and printed: ${said || "nothing"}`,
    };
  },
});

const streams = ["stdout", "stderr"] as const;

function isAsWanted(outcome: CommandOutcome, params: Params): boolean {
  const matches = streams.every((stream) => {
    const wanted = params[stream];
    return wanted === undefined || isIn(wanted, outcome[stream]);
  });
  return outcome.status === params.status && matches;
}

/** Behind the newline that ends the last line there is no further line, which `^$` would find. */
function isIn(wanted: string, text: string): boolean {
  const found = new RegExp(wanted, "m").exec(text);
  if (found === null) return false;
  return text === "" || found[0] !== "" || found.index < text.length;
}

function wantedOf(params: Params): string {
  const wanted = streams.flatMap((stream) =>
    params[stream] === undefined ? [] : `, ${stream} matching /${params[stream]}/`,
  );
  return `status ${params.status}${wanted.join("")}`;
}
