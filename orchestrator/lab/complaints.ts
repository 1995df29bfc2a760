// SPDX-License-Identifier: MIT

/**
 * What a kernel says on its console when something is wrong with it. `fatal` ones leave nothing to
 * go on with and end the run at once; the others fail it at the end, so that the rest is still seen.
 * The texts are those of Linux: kernel/panic.c, lib/bug.c, kernel/locking/lockdep.c, kernel/rcu,
 * kernel/hung_task.c, kernel/watchdog.c, mm/kasan/report.c, lib/ubsan.c, mm/kmemleak.c, kernel/dma/debug.c.
 */
export interface ComplaintKind {
  readonly name: string;
  readonly fatal: boolean;
  readonly pattern: RegExp;
}

export const complaintKinds: readonly ComplaintKind[] = [
  { name: "panic", fatal: true, pattern: /Kernel panic - not syncing/ },
  { name: "oops", fatal: true, pattern: /Internal error: |Unable to handle kernel / },
  { name: "BUG", fatal: true, pattern: /kernel BUG at |BUG: unable to handle/ },
  { name: "hung task", fatal: true, pattern: /INFO: task .+ blocked for more than/ },
  { name: "soft lockup", fatal: true, pattern: /BUG: soft lockup|watchdog: BUG:/ },
  { name: "KASAN", fatal: false, pattern: /BUG: KASAN: / },
  { name: "KFENCE", fatal: false, pattern: /BUG: KFENCE: / },
  { name: "sleeping in atomic context", fatal: false, pattern: /BUG: sleeping function called/ },
  { name: "scheduling while atomic", fatal: false, pattern: /BUG: scheduling while atomic/ },
  { name: "BUG", fatal: false, pattern: /\bBUG: / },
  {
    name: "lockdep",
    fatal: false,
    pattern:
      /WARNING: (?:possible |inconsistent |suspicious |bad |Nested |held )|INFO: trying to register non-static key/,
  },
  { name: "WARN", fatal: false, pattern: /\bWARNING: / },
  {
    name: "RCU",
    fatal: false,
    pattern: /rcu: INFO: .*(?:stall|detected)|INFO: rcu_\w+ (?:self-)?detected/,
  },
  { name: "UBSAN", fatal: false, pattern: /UBSAN: / },
  { name: "kmemleak", fatal: false, pattern: /kmemleak: \d+ new suspected memory leaks/ },
  { name: "DMA-API", fatal: false, pattern: /DMA-API: (?!preallocated|debugging enabled)/ },
  { name: "list corruption", fatal: false, pattern: /list_(?:add|del) corruption/ },
  { name: "refcount", fatal: false, pattern: /refcount_t: / },
  { name: "unhandled interrupt", fatal: false, pattern: /irq \d+: nobody cared/ },
  {
    name: "out of memory",
    fatal: false,
    pattern: /Out of memory: Killed process|invoked oom-killer/,
  },
  { name: "page allocation failure", fatal: false, pattern: /page allocation failure/ },
  { name: "transmit time-out", fatal: false, pattern: /NETDEV WATCHDOG/ },
];

/** The first kind of complaint that a console line is, if it is one. */
export function complaintIn(line: string): ComplaintKind | undefined {
  return complaintKinds.find((kind) => kind.pattern.test(line));
}
