// SPDX-License-Identifier: MIT
//
// What a kernel can notice of its own accord only where it was configured to: of a run that passed, what it says nothing about.

import { parseFragment } from "./kernel-config.ts";

/** By symbol, what nobody is told of without it. */
const sees: Readonly<Record<string, string>> = {
  CONFIG_DEBUG_ATOMIC_SLEEP: "sleeping in atomic context",
  CONFIG_DEBUG_PREEMPT: "a CPU's own data used without keeping to that CPU",
  CONFIG_PROVE_LOCKING: "locks taken in an order that can deadlock",
  CONFIG_KASAN: "use after free and accesses out of bounds",
  CONFIG_DEBUG_KMEMLEAK: "leaks",
  CONFIG_DMA_API_DEBUG: "wrong use of the DMA API",
};

/** What a kernel of this final .config could not have seen. */
export function unseenBy(config: string): string[] {
  const set = new Set(
    parseFragment(".config", config).flatMap(({ symbol, value }) => (value === "n" ? [] : symbol)),
  );
  return Object.entries(sees).flatMap(([symbol, what]) => (set.has(symbol) ? [] : what));
}
