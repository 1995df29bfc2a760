// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { complaintIn, complaintKinds, complaintsOf, mayBeComplaint } from "./complaints.ts";

// Lines as Linux prints them.
const samples = [
  [
    "[    5.1] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
    "oops",
  ],
  ["[    5.1] Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP", "oops"],
  [
    "[    5.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
    "panic",
  ],
  ["[    5.1] kernel BUG at drivers/ntb/ntb_transport.c:512!", "BUG"],
  ["[  125.0] INFO: task kworker/0:1:12 blocked for more than 120 seconds.", "hung task"],
  ["[   30.0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [iperf3:200]", "soft lockup"],
  [
    "[    5.1] WARNING: CPU: 0 PID: 51 at drivers/pci/endpoint/pci-epc-core.c:610 pci_epc_set_bar+0x2c/0x90",
    "WARN",
  ],
  [
    "[    5.1] WARNING: drivers/ntb/core.c:77 at ntb_register_device+0x10/0x80, CPU#0: modprobe/99",
    "WARN",
  ],
  ["[    5.1] WARNING: possible circular locking dependency detected", "lockdep"],
  ["[    5.1] WARNING: inconsistent lock state", "lockdep"],
  ["[    5.1] WARNING: suspicious RCU usage", "lockdep"],
  ["[   26.0] rcu: INFO: rcu_preempt self-detected stall on CPU", "RCU"],
  ["[    5.1] BUG: KASAN: slab-use-after-free in ntb_transport_rx+0x1c/0x80", "KASAN"],
  [
    "[    5.1] BUG: sleeping function called from invalid context at mm/slab.h:401",
    "sleeping in atomic context",
  ],
  ["[    5.1] UBSAN: shift-out-of-bounds in drivers/dma/dw-edma/dw-edma-core.c:77:3", "UBSAN"],
  [
    "[    5.1] DMA-API: ntb_hw_epf 0000:01:00.0: device driver frees DMA memory it has not allocated",
    "DMA-API",
  ],
  [
    "[    9.1] NETDEV WATCHDOG: ntb0 (ntb_netdev): transmit queue 0 timed out 5000 ms",
    "transmit time-out",
  ],
  [
    "[    5.1] kobject (00000000a): tried to init an initialized object, something is seriously wrong.",
    "object set up wrongly",
  ],
  [
    "[    5.1] kobject: kobject_add_internal failed for x with -EEXIST, don't try to register things with the same name",
    "object set up wrongly",
  ],
  ["[    5.1] sysfs: cannot create duplicate filename '/bus/ntb/devices/x'", "name taken twice"],
  [
    "[    5.1] BUG kmalloc-64 (Tainted: G        W          ): Poison overwritten",
    "slab corruption",
  ],
  ["[    5.1] pagealloc: memory corruption", "page corruption"],
  ["[    5.1] genirq: Flags mismatch irq 24. 00000000 (a) vs. 00000080 (b)", "unhandled interrupt"],
  ["[    5.1] INFO: task x:12 blocked in I/O wait for more than 120 seconds.", "hung task"],
  ["[   30.0] watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 0", "hard lockup"],
  ["[    5.1] BUG: KFENCE: use-after-free read in rx+0x1c/0x80", "KFENCE"],
  ["[    5.1] BUG: scheduling while atomic: kworker/0:1/12/0x00000002", "scheduling while atomic"],
  ["[    5.1] kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)", "kmemleak"],
  ["[    5.1] kmemleak: Kernel memory leak detector disabled", "kmemleak"],
  ["[    5.1] list_add corruption. prev is NULL.", "list corruption"],
  ["[    5.1] refcount_t: underflow; use-after-free.", "refcount"],
  ['[    5.1] irq 24: nobody cared (try booting with the "irqpoll" option)', "unhandled interrupt"],
  ["[    5.1] iperf3 invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE)", "out of memory"],
  [
    "[    5.1] iperf3: page allocation failure: order:5, mode:0x40cc0(GFP_KERNEL)",
    "page allocation failure",
  ],
  [
    "[    5.1] Unexpected gfp: 0x2 (__GFP_HIGHMEM). Fixing up to gfp: 0xcc0. Fix your code!",
    "wrong allocation",
  ],
  ["[    5.1] schedule_timeout: wrong timeout value fffffffffffffff0", "wrong time-out"],
  [
    "[    5.1] smp: csd: Detected non-responsive CSD lock (#1) on CPU#0",
    "CPU that does not answer",
  ],
  ["[    5.1] Fixing recursive fault but reboot is needed!", "recursive fault"],
] as const;

test.each(samples)("%s", (line, name) => {
  expect(complaintIn(line)?.name).toBe(name);
});

test("each kind has a line here", () => {
  const sampled = new Set<string>(samples.map(([, name]) => name));
  expect(complaintKinds.map(({ name }) => name).filter((name) => !sampled.has(name))).toEqual([]);
});

test.each([
  "[    0.0] Booting Linux on physical CPU 0x0000000000 [0x410fd050]",
  "[    0.1] rcu: Preemptible hierarchical RCU implementation.",
  "[    0.1] DMA-API: preallocated 65536 debug entries",
  "[    0.1] DMA-API: debugging enabled by kernel config",
  "[    1.0] pci 0000:00:01.0: bridge window [mem 0x10000000-0x101fffff]: can't assign; bogus alignment",
  "[    2.0] ntb_transport: warning: default parameters are in use",
])("is no complaint: %s", (line) => {
  expect(complaintIn(line)).toBeUndefined();
});

describe("stacks", () => {
  const dump = [
    "ntb_hw_epf: this cannot be",
    "CPU: 0 UID: 0 PID: 99 Comm: modprobe Not tainted 7.3.4 #1",
    "Hardware name: linux,dummy-virt (DT)",
    "Call trace:",
    " show_stack+0x18/0x30 (C)",
    " ntb_epf_init+0x1c/0x80 [ntb_hw_epf]",
  ];
  const warn = ["WARNING: drivers/x.c:5 at f+0x1/0x2", ...dump.slice(1), "---[ end trace 0 ]---"];
  const kinds = (lines: readonly string[]) => complaintsOf(lines).map(({ kind }) => kind.name);

  test("a stack that nothing announces is a complaint, with the message before it", () => {
    const [only, ...more] = complaintsOf(["booted", ...dump]);
    expect(more).toEqual([]);
    expect(only?.kind.name).toBe("stack dump");
    expect(only?.headline).toBe("ntb_hw_epf: this cannot be");
    expect(only?.lines).toEqual(["booted", ...dump]);
    expect(kinds(dump.map((line) => `[    5.123456][   T99] ${line}`))).toEqual(["stack dump"]);
  });

  test("that of a complaint is the complaint's own", () => {
    expect(kinds(warn)).toEqual(["WARN"]);
    expect(kinds(["BUG: sleeping function called from invalid context", ...dump])).toEqual([
      "sleeping in atomic context",
    ]);
  });

  test("behind the end of a trace it is one by itself", () => {
    expect(kinds([...warn, ...dump])).toEqual(["WARN", "stack dump"]);
    expect(kinds(["BUG: sleeping function", ...dump, "later", ...dump])).toEqual([
      "BUG",
      "stack dump",
    ]);
  });

  test("one that follows another without a word between is one more", () => {
    const two = [...dump, ...dump.slice(3)];
    expect(kinds(two)).toEqual(["stack dump", "stack dump"]);
    expect(kinds([...two, "---[ end trace 0 ]---"])).toEqual(["stack dump", "stack dump"]);
  });

  test("has the four lines before it, and none of a complaint's headline", () => {
    const before = ["one", "two", "three", "four", "five"];
    expect(complaintsOf([...before, ...dump.slice(3)])[0]?.lines).toEqual([
      ...before.slice(1),
      ...dump.slice(3),
    ]);
    const ended = ["WARNING: x.c:5 at f+0x1/0x2", "---[ end trace 0 ]---", ...dump.slice(3)];
    expect(complaintsOf(ended)[1]?.lines).toEqual(ended.slice(1));
  });

  test("all stacks up to the end of a trace are the complaint's", () => {
    const twice = [warn[0] ?? "", ...dump.slice(1), ...dump.slice(1), "---[ end trace 0 ]---"];
    expect(kinds(twice)).toEqual(["WARN"]);
  });

  test("what comes 150 lines after a complaint without an end is not its own", () => {
    const long = ["BUG: sleeping function", ...Array.from({ length: 149 }, (_, n) => `line ${n}`)];
    expect(complaintsOf(long)[0]?.lines).toHaveLength(150);
    expect(kinds([...long.slice(0, -1), "Call trace:"])).toEqual(["BUG"]);
    expect(kinds([...long, "Call trace:"])).toEqual(["BUG", "stack dump"]);
  });

  test("the first line of one may be that of a complaint", () => {
    const lines = [
      "[    5.1] WARNING: x",
      "[    5.1][   T99] Call trace:",
      "booted",
      "no Call trace:",
    ];
    expect(lines.map(mayBeComplaint)).toEqual([true, true, false, false]);
  });

  test("an oops and its announcement are one complaint; any other begins a new one", () => {
    const announced = ["Unable to handle kernel paging request at x", "Mem abort info:"];
    const oops = ["Internal error: Oops: 0000000096000007 [#1]", "pc : f+0x4/0xb8"];
    const first = (lines: readonly string[]) => complaintsOf(lines)[0]?.lines;
    expect(first([...announced, ...oops])).toEqual([...announced, ...oops]);
    const lockdep = ["WARNING: possible circular locking dependency detected", "sh/1 is trying"];
    expect(first([...lockdep, ...oops])).toEqual(lockdep);
    expect(first([...announced, ...lockdep])).toEqual(announced);
  });
});
