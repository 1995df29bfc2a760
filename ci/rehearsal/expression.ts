// SPDX-License-Identifier: MIT
//
// Expressions of workflows, by GitHub's own parser and evaluator.

import { data, Evaluator, Lexer, Parser } from "@actions/expressions";

/** What an expression may speak of: github, env, matrix, needs ... with values as JSON has them. */
export type Contexts = Readonly<Record<string, unknown>>;

/** Where an expression stands. */
export interface Situation {
  readonly contexts: Contexts;
  /** Whether a step or a job before has failed. */
  readonly failed: boolean;
}

/** Every context that GitHub has; what a job cannot see is empty. */
const known = [
  ...["github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix"],
  ...["needs", "inputs"],
];

const statusFunctions = /\b(?:always|success|failure|cancelled)\s*\(/;

/** Value of an expression, as JSON has it. Throws for what GitHub's parser does not take, and for hashFiles. */
export function evaluate(expression: string, { contexts, failed }: Situation): unknown {
  // Nobody cancels a rehearsal.
  const answers = { always: true, success: !failed, failure: failed, cancelled: false };
  const functions = new Map(
    Object.entries(answers).map(([name, answer]) => {
      const call = () => new data.BooleanData(answer);
      return [name, { name, minArgs: 0, maxArgs: 0, call }];
    }),
  );
  const { tokens } = new Lexer(expression).lex();
  const tree = new Parser(tokens, known, [...functions.values()]).parse();
  const values = Object.fromEntries(known.map((name) => [name, contexts[name] ?? {}]));
  const dictionary = JSON.parse(JSON.stringify(values), data.reviver) as data.Dictionary;
  const value = new Evaluator(tree, dictionary, functions).evaluate();
  return JSON.parse(JSON.stringify(value, data.replacer)) as unknown;
}

/** Text with what its expressions come to; one that is all of the text keeps its type. */
export function interpolated(text: string, situation: Situation): unknown {
  const whole = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text.trim());
  if (whole?.[1] !== undefined) return evaluate(whole[1].trim(), situation);
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    asText(evaluate(expression.trim(), situation)),
  );
}

/** Whether a step or job is to run. Without a status function, only while nothing has failed. */
export function holds(condition: string | undefined, situation: Situation): boolean {
  const text = (condition ?? "success()").trim().replace(/^\$\{\{(.*)\}\}$/s, "$1");
  const whole = statusFunctions.test(text) ? text : `success() && (${text})`;
  const value = evaluate(whole, situation);
  return value !== null && value !== false && value !== 0 && value !== "";
}

/** As GitHub writes a value into a text. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
