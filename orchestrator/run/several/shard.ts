// SPDX-License-Identifier: MIT

import { UsageError } from "../../errors.ts";
import type { Digest } from "../../report/compare.ts";

/** One of several equal parts of all scenarios, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Reads `2/3`. Throws UsageError for anything else. */
export function parseShard(text: string): Shard {
  const [, index = "", count = ""] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new UsageError(
    `expected --shard as INDEX/COUNT with INDEX from 1 to COUNT, such as 2/3, got "${text}"`,
  );
}

/** The shard's part, the same on every machine: together the shards have each name once. */
export function ofShard<Item>(items: readonly Item[], { index, count }: Shard): Item[] {
  return items.filter((_, position) => position % count === index - 1);
}

/** The scenarios whose last run in the history did not pass; one that was skipped was not run. */
export function lastFailed(history: readonly Digest[]): Set<string> {
  const last = new Map<string, Digest>();
  for (const run of history.filter(({ verdict }) => verdict !== "skip")) {
    const before = last.get(run.scenario);
    if (!before || before.started <= run.started) last.set(run.scenario, run);
  }
  return new Set(
    [...last.values()].filter(({ verdict }) => verdict !== "pass").map(({ scenario }) => scenario),
  );
}
