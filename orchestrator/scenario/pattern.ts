// SPDX-License-Identifier: MIT
import * as z from "zod";

/** A regular expression, checked when the scenario is read. */
export const pattern = z
  .string()
  .refine(isPattern, { error: "expected a regular expression" })
  .meta({ title: "regular expression" });

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
