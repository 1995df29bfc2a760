// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import { UsageError } from "../../errors.ts";
import { digestOf } from "../../report/compare.ts";
import type { Comparison } from "../../report/html/run/comparison.ts";
import { resultSchema } from "../../report/result.ts";

/** The run in a result.json that a person named. Throws UsageError if it is none. */
export async function comparisonWith(file: string): Promise<Comparison> {
  try {
    const result = resultSchema.parse(JSON.parse(await readFile(file, "utf8")));
    return { runs: [digestOf(result)], from: "named" };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new UsageError(`could not compare with ${file}: ${reason}`, { cause });
  }
}
