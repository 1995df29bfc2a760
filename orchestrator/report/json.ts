// SPDX-License-Identifier: MIT
import { portable } from "./portable.ts";
import { fileReport } from "./report.ts";
import { resultSchema } from "./result.ts";

/** All of a run, for machines. */
export const jsonReport = fileReport("result.json", ({ result, out }) => {
  const whole = resultSchema.parse(portable(result, out));
  return `${JSON.stringify(whole, null, 2)}\n`;
});
