// SPDX-License-Identifier: MIT

/**
 * Does work on each item, so many at a time, in their order. Begins none once `signal` has aborted. Where one throws, the
 * signal that the others have aborts, and the first error is thrown when all of them have ended.
 */
export async function sideBySide<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const left = items[Symbol.iterator]();
  const lane = async () => {
    while (!either.aborted) {
      const next = left.next();
      if (next.done) return;
      await work(next.value, either);
    }
  };
  const lanes = Array.from({ length: atOnce }, () =>
    lane().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  for (const ended of await Promise.allSettled(lanes)) {
    if (ended.status === "rejected") throw stop.signal.reason;
  }
}
