// SPDX-License-Identifier: MIT

/**
 * What a kernel says on its console when something is wrong with it. Any of these ends the run at once. The first kind that a line
 * is of names it. A stack that a kernel dumps with none of these lines before it is a complaint, too: see complaintsOf().
 */
export interface ComplaintKind {
  readonly name: string;
  readonly pattern: RegExp;
  /** Files of Linux that print it, each with words of the message as they stand in its source. */
  readonly from: Readonly<Record<string, string>>;
}

export const complaintKinds: readonly ComplaintKind[] = [
  {
    name: "panic",
    pattern: /Kernel panic - not syncing/,
    from: { "kernel/panic.c": "Kernel panic - not syncing: " },
  },
  {
    name: "oops",
    pattern: /Internal error: |Unable to handle kernel |\bOops: /,
    from: {
      "arch/x86/kernel/dumpstack.c": "Oops: %s: ",
      "arch/arm64/kernel/traps.c": "Internal error: ",
      "arch/arm64/mm/fault.c": "Unable to handle kernel ",
    },
  },
  {
    name: "BUG",
    pattern: /kernel BUG at |BUG: unable to handle/,
    from: { "lib/bug.c": "kernel BUG at " },
  },
  {
    name: "hung task",
    pattern: /INFO: task .+ blocked (?:for more than|in I\/O wait)/,
    from: { "kernel/hung_task.c": "INFO: task %s:%d blocked " },
  },
  {
    name: "soft lockup",
    pattern: /BUG: soft lockup|watchdog: BUG:/,
    from: { "kernel/watchdog.c": "BUG: soft lockup - CPU#" },
  },
  {
    name: "hard lockup",
    pattern: /Watchdog detected hard LOCKUP/,
    from: { "kernel/watchdog.c": "Watchdog detected hard LOCKUP on cpu " },
  },
  { name: "KASAN", pattern: /BUG: KASAN: /, from: { "mm/kasan/report.c": "BUG: KASAN: " } },
  { name: "KFENCE", pattern: /BUG: KFENCE: /, from: { "mm/kfence/report.c": "BUG: KFENCE: " } },
  {
    name: "sleeping in atomic context",
    pattern: /BUG: sleeping function called/,
    from: { "kernel/sched/core.c": "BUG: sleeping function called from invalid context" },
  },
  {
    name: "scheduling while atomic",
    pattern: /BUG: scheduling while atomic/,
    from: { "kernel/sched/core.c": "BUG: scheduling while atomic: " },
  },
  {
    name: "slab corruption",
    pattern: /\bBUG \S+ \((?:Not t|T)ainted/,
    from: { "mm/slub.c": "BUG %s (%s): %pV" },
  },
  {
    name: "BUG",
    pattern: /\bBUG: /,
    from: { "lib/smp_processor_id.c": "BUG: using ", "kernel/workqueue.c": "BUG: workqueue " },
  },
  {
    name: "lockdep",
    pattern:
      /WARNING: (?:possible |inconsistent |suspicious |bad |Nested |held )|INFO: trying to register non-static key|turning off the locking correctness validator/,
    from: { "kernel/locking/lockdep.c": "INFO: trying to register non-static key" },
  },
  { name: "WARN", pattern: /\bWARNING: /, from: { "kernel/panic.c": "WARNING: " } },
  {
    name: "RCU",
    pattern: /rcu: INFO: .*(?:stall|detected)|INFO: rcu_\w+ (?:self-)?detected/,
    from: { "kernel/rcu/tree_stall.h": "INFO: %s self-detected stall on CPU" },
  },
  { name: "UBSAN", pattern: /UBSAN: /, from: { "lib/ubsan.c": "UBSAN: %s in " } },
  {
    name: "kmemleak",
    pattern: /kmemleak: (?:\d+ new suspected memory leaks|.* detector disabled)/,
    from: { "mm/kmemleak.c": "new suspected memory leaks" },
  },
  {
    name: "DMA-API",
    pattern: /DMA-API: (?!preallocated|debugging enabled)/,
    from: { "kernel/dma/debug.c": "DMA-API: " },
  },
  {
    name: "list corruption",
    pattern: /list_(?:add|del) corruption/,
    from: { "lib/list_debug.c": "list_add corruption. " },
  },
  { name: "refcount", pattern: /refcount_t: /, from: { "lib/refcount.c": "refcount_t: " } },
  {
    name: "unhandled interrupt",
    pattern: /irq \d+: nobody cared|Flags mismatch irq \d+/,
    from: {
      "kernel/irq/spurious.c": "nobody cared (try booting with",
      "kernel/irq/manage.c": "Flags mismatch irq %d. ",
    },
  },
  {
    name: "out of memory",
    pattern: /Out of memory: Killed process|invoked oom-killer/,
    from: { "mm/oom_kill.c": "%s invoked oom-killer: " },
  },
  {
    name: "page allocation failure",
    pattern: /page allocation (?:failure|stall)/,
    from: { "mm/page_alloc.c": "page allocation failure" },
  },
  {
    name: "transmit time-out",
    pattern: /NETDEV WATCHDOG/,
    from: { "net/sched/sch_generic.c": "NETDEV WATCHDOG: " },
  },
  {
    name: "object set up wrongly",
    pattern:
      /tried to (?:init|add) an (?:un)?initialized object|kobject_add_internal failed|kobject \(\S+\): .*ktype|can not set name properly!/,
    from: { "lib/kobject.c": "tried to init an initialized object" },
  },
  {
    name: "name taken twice",
    pattern: /cannot create duplicate filename/,
    from: { "fs/sysfs/dir.c": "cannot create duplicate filename" },
  },
  {
    name: "page corruption",
    pattern: /pagealloc: (?:memory corruption|single bit error)/,
    from: { "mm/page_poison.c": "pagealloc: memory corruption" },
  },
  {
    name: "wrong allocation",
    pattern:
      /Unexpected gfp: |percpu: allocation failed|kmem_cache_create\S*\(.*\) failed with error/,
    from: { "mm/slab_common.c": "Unexpected gfp: " },
  },
  {
    name: "wrong time-out",
    pattern: /schedule_timeout\S*: wrong timeout value/,
    from: { "kernel/time/sleep_timeout.c": "wrong timeout value" },
  },
  {
    name: "CPU that does not answer",
    pattern: /csd: .*non-responsive CSD lock/,
    from: { "kernel/smp.c": "non-responsive CSD lock" },
  },
  {
    name: "recursive fault",
    pattern: /Fixing recursive fault|Thread overran stack/,
    from: { "kernel/exit.c": "Fixing recursive fault but reboot is needed!" },
  },
];

/** All kinds at once, for a console may have very many lines. */
const anyKind = new RegExp(complaintKinds.map(({ pattern }) => pattern.source).join("|"));

/** The first kind of complaint that a console line is, if it is one. */
export function complaintIn(line: string): ComplaintKind | undefined {
  if (!anyKind.test(line)) return undefined;
  return complaintKinds.find((kind) => kind.pattern.test(line));
}

/** A stack that the kernel prints for whatever reason: dump_stack() in lib/dump_stack.c, and what each architecture prints then. */
export const stackDump: ComplaintKind = {
  name: "stack dump",
  pattern: /^(?:\[[^\]]*\]\s*)*Call [Tt]race:/,
  from: {
    "arch/arm64/kernel/stacktrace.c": "Call trace:",
    "arch/x86/kernel/dumpstack.c": "Call Trace:",
  },
};

/** Whether a line may be the first of a complaint: complaintsOf() knows, once all of it has been printed. */
export function mayBeComplaint(line: string): boolean {
  return complaintIn(line) !== undefined || stackDump.pattern.test(line);
}

/** dump_stack() prints the process and the hardware before the stack, and its caller most often a message before these. */
const beforeStack = 4;
const ofDumpStack =
  /^(?:\[[^\]]*\]\s*)*(?:CPU: \d|Tainted: |Hardware name: |Workqueue: |Call [Tt]race:)/;

/** At most so many lines are of one complaint. */
const longest = 150;

const endOfTrace = /---\[ end (?:trace|Kernel panic)/;

/** An oops says first what happened, then that it is one: both are the same complaint. */
const announcement =
  /Unable to handle kernel |kernel BUG at |BUG: (?:kernel NULL pointer dereference|unable to handle page fault)/;
const oops = /Internal error: |\bOops: /;

/** A kernel's complaint on its console. */
export interface ConsoleComplaint {
  readonly kind: ComplaintKind;
  /** Index of the line that says what it is. */
  readonly index: number;
  /** What it says, as the console has it. */
  readonly headline: string;
  /** Its own lines alone: up to the end of its trace, or to the next complaint. */
  readonly lines: readonly string[];
}

/**
 * All complaints of a console, in order. The stack behind a complaint's first line is the complaint's own, and all up to the line
 * that ends its trace, where it has one; any other stack is a complaint by itself.
 */
export function complaintsOf(texts: readonly string[]): ConsoleComplaint[] {
  const found: ConsoleComplaint[] = [];
  for (let index = 0; index < texts.length; index++) {
    const line = texts[index] ?? "";
    const kind = complaintIn(line);
    if (kind !== undefined) {
      found.push({ kind, index, headline: line, lines: linesOf(texts, index) });
      continue;
    }
    if (!stackDump.pattern.test(line)) continue;
    const owner = found.at(-1);
    if (owner !== undefined && ownsStack(owner, texts, index)) continue;
    const from = Math.max(0, index - beforeStack, (owner?.index ?? -1) + 1);
    const lines = [...texts.slice(from, index), ...linesOf(texts, index)];
    const message = texts.slice(from, index).findLast((before) => !ofDumpStack.test(before));
    found.push({ kind: stackDump, index, headline: message ?? line, lines });
  }
  return found;
}

function ownsStack(owner: ConsoleComplaint, texts: readonly string[], index: number): boolean {
  if (owner.kind === stackDump) return false;
  const end = owner.index + owner.lines.length;
  if (index >= end) return false;
  // Without a line that ends the trace, only the first stack can be told to be the complaint's.
  const ended = endOfTrace.test(texts[end] ?? "");
  const between = texts.slice(owner.index, index);
  return ended || !between.some((line) => stackDump.pattern.test(line));
}

function linesOf(texts: readonly string[], index: number): string[] {
  const block = texts.slice(index, index + longest);
  const announced = announcement.test(block[0] ?? "");
  const isNext = (line: string) => complaintIn(line) && !(announced && oops.test(line));
  const end = block.findIndex((line, at) => at > 0 && (endOfTrace.test(line) || isNext(line)));
  return end < 0 ? block : block.slice(0, end);
}
