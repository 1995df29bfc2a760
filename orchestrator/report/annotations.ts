// SPDX-License-Identifier: MIT
import { problemsOf } from "./fingerprint.ts";
import type { Merged } from "./merge.ts";

/** Where a check or step of a scenario stands; line from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** GitHub shows so many of a step's annotations at most. */
const mostAnnotations = 10;

/**
 * Workflow commands of GitHub Actions that annotate each failure at its check in the scenario file.
 * (docs.github.com: "Workflow commands for GitHub Actions", error and warning)
 */
export function annotations(
  { runs, missing, news }: Merged,
  place: (scenario: string, names: readonly string[]) => Place | undefined,
): string[] {
  const failures = runs.flatMap(({ label, result }) =>
    problemsOf(result).map(({ what, message, step }) => {
      const title = `${result.scenario}${label === "" ? "" : ` (${label})`}: ${what}`;
      return command(
        "error",
        title,
        message,
        place(result.scenario, step === undefined ? [what] : [what, step]),
      );
    }),
  );
  const flaky = runs
    .filter(({ result }) => result.verdict === "flaky")
    .map(({ result }) => {
      const why = (result.attempts ?? []).flatMap(({ problems }) => problems).join("; ");
      return command("warning", `${result.scenario} is flaky`, why, place(result.scenario, []));
    });
  const gone = missing.map((text) => command("error", "missing result", text, undefined));
  const told = news.map((text) => command("warning", "news", text, undefined));
  return [...gone, ...failures, ...flaky, ...told].slice(0, mostAnnotations);
}

function command(kind: string, title: string, message: string, at: Place | undefined): string {
  const where = at ? `file=${property(at.file)},line=${at.line},` : "";
  return `::${kind} ${where}title=${property(title)}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** The line of a scenario's text that names a check or a step; its first line if there is none by that name. */
export function lineOfCheck(text: string, id: string): number {
  const lines = text.split("\n");
  const name = id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const at = lines.findIndex((line) =>
    new RegExp(`\\b(?:id|as):\\s*["']?${name}["']?\\s*(?:[,}#]|$)`).test(line),
  );
  return at < 0 ? 1 : at + 1;
}
