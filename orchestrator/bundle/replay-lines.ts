// SPDX-License-Identifier: MIT
import type { Difference } from "./differences.ts";

export interface Outcome {
  readonly verdict: string;
  readonly fingerprint?: string | undefined;
}

/** More symbols than these say no more. */
const mostSymbols = 8;

/** Where the surroundings of a replay differ from those of its bundle, in lines for a person. */
export function surroundingLines(
  found: readonly Difference[],
  symbols: readonly string[],
): string[] {
  if (found.length === 0 && symbols.length === 0)
    return ["Surroundings: the same in all that is known."];
  const width = Math.max(...found.map(({ what }) => what.length));
  const rest = symbols.length - mostSymbols;
  return [
    "Surroundings that differ:",
    ...found.flatMap(({ what, there, here }) => [
      `  ${what.padEnd(width)}  bundle  ${there}`,
      `  ${"".padEnd(width)}  here    ${here}`,
    ]),
    ...symbols.slice(0, mostSymbols).map((symbol) => `  ${symbol}`),
    ...(rest > 0 ? [`  and ${rest} more symbols`] : []),
  ];
}

/** Whether a replay has ended as its bundle's run did. */
export function outcomeLines(there: Outcome, here: Outcome): string[] {
  const verdict =
    there.verdict === here.verdict
      ? `Verdict: ${here.verdict}, as in the bundle.`
      : `Verdict: ${here.verdict}, but ${there.verdict} in the bundle.`;
  return [verdict, ...fingerprintLine(there.fingerprint, here.fingerprint)];
}

function fingerprintLine(there: string | undefined, here: string | undefined): string[] {
  if (there === undefined && here === undefined) return [];
  if (there === here) return [`Fingerprint: ${here}, as in the bundle: it fails in the same way.`];
  const say = (fingerprint: string | undefined) => fingerprint ?? "none";
  return [`Fingerprint: ${say(here)}, but ${say(there)} in the bundle.`];
}
