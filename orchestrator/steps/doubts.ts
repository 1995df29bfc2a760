// SPDX-License-Identifier: MIT
//
// Scripts of scenarios that give the same answer whether a command has found nothing or could not look.
import type { PlannedStep } from "../scenario/plan.ts";

const forms = [
  {
    // What is written to a file is an act, and no answer.
    pattern: /\|\| *(?:true|:|(?:echo|printf)(?![^\n;&|]*>))(?![\w-])/,
    why: "what stands behind `||` is said, too, where the command before it could not look",
  },
  {
    pattern: /(?:^|[;&({]) *! *(?:grep|dmesg|cat|sed|awk|ls|lspci)\b/m,
    why: "`!` makes a success of a command that could not look",
  },
  {
    pattern: /\| *(?:grep -\w*q|head\b)/,
    why: "who reads but the beginning of a pipe ends the writer by a signal, which fails the pipe",
  },
] as const;

/** With which a script says why it is none of these all the same. */
const fine = /^\s*# fine: \S/m;

/** What is doubtful in a script. */
export function doubtsOf(script: string): string[] {
  if (fine.test(script)) return [];
  const code = script.replace(/^\s*#.*$/gm, "");
  return forms.filter(({ pattern }) => pattern.test(code)).map(({ why }) => why);
}

/** The same of all that a step has run in guests, but for what is waited for: that is asked again. */
export function doubtsIn({ kind, params }: Pick<PlannedStep, "kind" | "params">): string[] {
  return kind === "wait-until" ? [] : [...new Set(scriptsIn(params).flatMap(doubtsOf))];
}

function scriptsIn(params: object): string[] {
  const { run, during, before, after } = params as Record<string, unknown>;
  const own = [run, before, after].filter((text) => typeof text === "string");
  return during && typeof during === "object" ? [...own, ...scriptsIn(during)] : own;
}
