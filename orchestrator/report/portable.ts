// SPDX-License-Identifier: MIT
import type { RunResult } from "./result.ts";

/** The result with the paths of its files as they are from `out`, the run's directory: they hold wherever that one goes. */
export function portable(result: RunResult, out: string): RunResult {
  const literal = out.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const inside = new RegExp(`(?<![\\w.-])${literal}/`, "g");
  return JSON.parse(JSON.stringify(result), (_key, value: unknown) =>
    typeof value === "string" ? value.replace(inside, "") : value,
  );
}
