// SPDX-License-Identifier: MIT
import { failuresOf, problemsOf, withoutNumbers } from "../report/fingerprint.ts";
import type { RunResult } from "../report/result.ts";

/**
 * What tells a failure from others while the code around it changes. A run that broke off is known by why, in whichever step
 * that was: a kernel's complaint with its function, a step's own words. Otherwise it is known by the checks that failed, whatever
 * they found. Coarser than the fingerprint, which every word of a check's findings goes into.
 */
export function signsOf(result: RunResult): string[] {
  const brokeOff = failuresOf(result).filter(({ expected }) => !expected);
  const signs = brokeOff.length > 0 ? brokeOff.map(reason) : problemsOf(result).map(checkOf);
  return [...new Set(signs)];
}

/** Whether a failure has nothing in common with the one that is looked for. Without signs on either side nobody can tell. */
export function isOther(signs: readonly string[] = [], hunted: readonly string[] = []): boolean {
  return signs.length > 0 && hunted.length > 0 && !signs.some((sign) => hunted.includes(sign));
}

/** Where a warning came is chance. */
const processOfWarning = /, CPU#\d+: \S+/;

/** The compiler's names for parts and variants of a function: a change nearby makes them come and go. */
const variantOfFunction = /(?<=\w)\.(?:isra|constprop|part|cold)(?:\.\d+)?(?!\w)/g;

function reason({ message }: { readonly message: string }): string {
  const [first = ""] = message.split("\n");
  return withoutNumbers(first.replace(processOfWarning, "").replace(variantOfFunction, ""));
}

function checkOf({ what }: { readonly what: string }): string {
  return `check ${what}`;
}
