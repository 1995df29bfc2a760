// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { complaintIn } from "./complaints.ts";

// Lines as Linux prints them.
test.each([
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
])("%s", (line, name) => {
  expect(complaintIn(line)?.name).toBe(name);
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
