// SPDX-License-Identifier: MIT
//
// Scripts of scenarios that give the same answer whether a command has found nothing or could not look.
import type { PlannedStep } from "../scenario/plan.ts";

const lookers = "(?:grep|dmesg|cat|sed|awk|ls|lspci|lsmod|find|od|hexdump|devmem)";

const forms = [
  {
    // What is written to a file is an act, and no answer.
    pattern:
      /\|\| *(?:(?:true|:|(?:exit|return) +0|(?:echo|printf)(?![^\n;&|]*>))(?![\w-])|\w+=\d)/,
    why: "what stands behind `||` is said, too, where the command before it could not look",
  },
  {
    // Behind `while` and `until` it is asked again.
    pattern: new RegExp(
      String.raw`(?:^|[;&({]|\b(?:if|elif|then|do|else)\b) *! *${lookers}\b`,
      "m",
    ),
    why: "`!` makes a success of a command that could not look",
  },
  {
    pattern: new RegExp(String.raw`\b(?:if|elif|while) +(?!\[|test\b|!)[^\n;]*\b${lookers}\b`),
    why: "what `else` says, or nothing, is said, too, where the command behind `if` or `while` could not look",
  },
  {
    pattern: new RegExp(String.raw`\b${lookers}\b[^\n;]*[^&]&& *(?:exit|return) +[1-9]`),
    why: "what is wrong where a command finds something is not told where it could not look",
  },
  {
    pattern:
      /(?:\[|\btest) +(?:-[zn] +"?\$\((?!\()|"?\$\((?!\()[^\n\]]*\)"? +(?:!=|==? +(?:""|''))|"?\$\((?!\()[^\n\]]*\|[^\n\]]*\)"? +(?:==?|-eq) +"?0\b)|\bcase +"?\$\((?!\()/,
    why: "what a command printed is empty, and not what it is compared with, where it could not look",
  },
  {
    pattern:
      /(?:^|[;&({]) *(?:(?:echo|printf)\b[^\n;&|]*\$\((?!\()[^\n]*\| *(?:wc|grep +-\w*c)\b|(?:local|export|declare|readonly) +\w+="?\$\((?!\())/m,
    why: "how a command in `$( )` ended is lost but where it is a variable's value: of nothing seen it counts none",
  },
  {
    // These may not be mounted.
    pattern: /(?:\[|\btest) +! +-[a-z] +"?\/sys\/(?:kernel\/(?:debug|config|tracing)|fs)\//,
    why: "a file is not there, too, where its file system is not mounted",
  },
  {
    pattern: /(?:^|[;&({]) *set +\+(?:[a-z]*e|o +errexit\b)/m,
    why: "behind `set +e` no command that could not look ends the script",
  },
  {
    pattern: /(?<!\|)\|(?!\|)[^|\n]*\bgrep\b[^|\n;&]*\|\| *(?:\[|test) +"?\$\?"? +(?:==?|-eq) +1\b/,
    why: "status 1 may be that of a command before grep in the pipe, which could not look",
  },
  {
    pattern: /\| *(?:grep -\w*q|head\b)/,
    why: "who reads but the beginning of a pipe ends the writer by a signal, which fails the pipe",
  },
] as const;

/** With which a script says why the next line is none of these all the same. */
const fine = /^[ \t]*# fine: \S.*\n(?:[ \t]*#.*\n)*.*$/gm;

/** What is doubtful in a script. */
export function doubtsOf(script: string): string[] {
  const code = script.replace(fine, "").replace(/^\s*#.*$/gm, "");
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
