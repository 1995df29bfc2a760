// SPDX-License-Identifier: MIT
import { wrapped } from "../report/mail.ts";

/** What testing one commit has come to. */
export interface Tested {
  readonly commit: string;
  readonly subject: string;
  /** What git is told: 0 good, 1 bad, 125 skipped. */
  readonly status: number;
  readonly durationMs: number;
  /** What went wrong, in a few words. */
  readonly problem?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** What a failure of the same kind has in common with it. */
  readonly signs?: readonly string[] | undefined;
  /** Whether it fails in another way than the bad end. */
  readonly differs?: boolean | undefined;
}

const words = new Map([
  [0, "good"],
  [1, "bad"],
  [125, "skipped"],
]);

/** A commit that has been tested, and what is left, in lines for a person. */
export function testedLines(all: readonly Tested[], left: number): string[] {
  const last = all.at(-1);
  if (!last) return [];
  const { commit, subject, status, durationMs, problem, differs } = last;
  const how = differs === true ? ", failing in another way than --bad" : "";
  const why = problem === undefined ? "" : `: ${problem}`;
  return [
    ...wrapped(`${all.length}. ${commit.slice(0, 12)} ${subject}`),
    ...wrapped(`${words.get(status) ?? "not judged"} in ${spell(durationMs)}${how}${why}`, "   "),
    ...(left === 0 ? [] : [`   ${timeLeft(left, all)}`]),
  ];
}

/** The commits that failed in another way than the bad end, and what came of it; no lines when there are none. */
export function differingLines(all: readonly Tested[]): string[] {
  const differing = all.filter(({ differs }) => differs);
  if (differing.length === 0) return [];
  const skipped = differing.some(({ status }) => status === 125);
  const became = skipped
    ? "and were skipped; --any-failure takes them as bad"
    : "and were taken as bad (--any-failure)";
  return [
    ...wrapped(`These fail in another way than --bad, ${became}:`),
    ...differing.flatMap(({ commit, problem = "" }) =>
      wrapped(`${commit.slice(0, 12)} ${problem}`, "  "),
    ),
  ];
}

/** Steps times their median time: the first build of all takes longer than any other, which the median forgives. */
export function timeLeft(steps: number, all: readonly Tested[]): string {
  const times = all.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const median = times[Math.floor((times.length - 1) / 2)];
  const text = `about ${steps} step${steps === 1 ? "" : "s"} left`;
  return median === undefined ? text : `${text}, ${spell(steps * median)}`;
}

export function spell(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** How many commits are still to be tested, by what `git rev-list --bisect-vars` says. */
export function stepsLeft(variables: string): number {
  const value = (name: string) =>
    Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(variables)?.[1] ?? 0);
  return value("bisect_all") <= 1 ? 0 : value("bisect_steps") + 1;
}
