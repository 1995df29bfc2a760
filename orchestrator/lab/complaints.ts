// SPDX-License-Identifier: MIT

/**
 * What a kernel says on its console when something is wrong with it. Any of these ends the run at once.
 * The first kind that a line is of names it. The texts are those of Linux: kernel/panic.c, lib/bug.c, kernel/locking/lockdep.c, kernel/rcu,
 * kernel/hung_task.c, kernel/watchdog.c, mm/kasan/report.c, lib/ubsan.c, mm/kmemleak.c, kernel/dma/debug.c.
 */
export interface ComplaintKind {
  readonly name: string;
  readonly pattern: RegExp;
}

export const complaintKinds: readonly ComplaintKind[] = [
  { name: "panic", pattern: /Kernel panic - not syncing/ },
  { name: "oops", pattern: /Internal error: |Unable to handle kernel / },
  { name: "BUG", pattern: /kernel BUG at |BUG: unable to handle/ },
  { name: "hung task", pattern: /INFO: task .+ blocked for more than/ },
  { name: "soft lockup", pattern: /BUG: soft lockup|watchdog: BUG:/ },
  { name: "KASAN", pattern: /BUG: KASAN: / },
  { name: "KFENCE", pattern: /BUG: KFENCE: / },
  { name: "sleeping in atomic context", pattern: /BUG: sleeping function called/ },
  { name: "scheduling while atomic", pattern: /BUG: scheduling while atomic/ },
  { name: "BUG", pattern: /\bBUG: / },
  {
    name: "lockdep",
    pattern:
      /WARNING: (?:possible |inconsistent |suspicious |bad |Nested |held )|INFO: trying to register non-static key/,
  },
  { name: "WARN", pattern: /\bWARNING: / },
  {
    name: "RCU",
    pattern: /rcu: INFO: .*(?:stall|detected)|INFO: rcu_\w+ (?:self-)?detected/,
  },
  { name: "UBSAN", pattern: /UBSAN: / },
  {
    name: "kmemleak",
    pattern: /kmemleak: (?:\d+ new suspected memory leaks|.* detector disabled)/,
  },
  { name: "DMA-API", pattern: /DMA-API: (?!preallocated|debugging enabled)/ },
  { name: "list corruption", pattern: /list_(?:add|del) corruption/ },
  { name: "refcount", pattern: /refcount_t: / },
  { name: "unhandled interrupt", pattern: /irq \d+: nobody cared/ },
  {
    name: "out of memory",
    pattern: /Out of memory: Killed process|invoked oom-killer/,
  },
  { name: "page allocation failure", pattern: /page allocation failure/ },
  { name: "transmit time-out", pattern: /NETDEV WATCHDOG/ },
];

/** The first kind of complaint that a console line is, if it is one. */
export function complaintIn(line: string): ComplaintKind | undefined {
  return complaintKinds.find((kind) => kind.pattern.test(line));
}
