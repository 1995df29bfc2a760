// SPDX-License-Identifier: MIT
import { roundOf } from "../scenario/plan.ts";
import type { Findings, Judged } from "./findings.ts";

/**
 * Judges what steps of rounds have found, round by round: all of them have to be good. Shown is the
 * first round that is not, otherwise the last one. Without rounds, all there is.
 */
export function inEveryRound(
  findings: Findings,
  steps: readonly string[],
  judge: (findings: Findings) => Judged,
): Judged & { readonly round?: number } {
  const { evidence } = findings;
  const rounds = [
    ...new Set(
      evidence.flatMap(({ id, round }) => (steps.includes(id) && round !== undefined ? round : [])),
    ),
  ];
  if (rounds.length === 0) return judge(findings);
  const judged = rounds.map((round) => {
    const ofRound = evidence.filter((item) => item.round === undefined || item.round === round);
    const trace = findings.trace?.filter(({ step }) => isIn(step, round));
    return { round, ...judge({ ...findings, ...(trace && { trace }), evidence: ofRound }) };
  });
  const bad = judged.filter(({ own }) => own.reason !== undefined);
  const shown = bad[0] ?? judged.at(-1) ?? judge(findings);
  return { ...shown, own: told(), more: inAll() };

  function told() {
    if (bad[0] === undefined) return shown.own;
    const others = bad.slice(1).map(({ round }) => round);
    const also = others.length > 0 ? `; failed in round ${others.join(", ")}, too` : "";
    return { ...bad[0].own, reason: `round ${bad[0].round}: ${bad[0].own.reason}${also}` };
  }

  /** Of results with a name of their own, the first that failed. */
  function inAll() {
    const names = new Set(judged.flatMap(({ more }) => more.map(({ id }) => id)));
    return [...names].flatMap((name) => {
      const results = judged.flatMap(({ more, round }) =>
        more.filter(({ id }) => id === name).map((result) => ({ result, round })),
      );
      const failed = results.find(({ result }) => result.status === "fail");
      if (failed) {
        const reason = `round ${failed.round}: ${failed.result.reason}`;
        return [{ ...failed.result, reason }];
      }
      return results.slice(-1).map(({ result }) => result);
    });
  }
}

/** Also what came in a step that is of no round. */
function isIn(step: string | undefined, round: number): boolean {
  return [undefined, round].includes(roundOf(step ?? ""));
}
