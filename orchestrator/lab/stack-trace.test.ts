// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { complaintBlock, culpritOf, withoutTime } from "./stack-trace.ts";

test("a line without its time and its caller", () => {
  expect(withoutTime("[   12.345678][  T123] BUG: KASAN: x")).toBe("BUG: KASAN: x");
  expect(withoutTime("BUG: KASAN: x")).toBe("BUG: KASAN: x");
});

test("the trace ends where the kernel says that it does", () => {
  const lines = [
    "a",
    "b",
    "c",
    "WARNING: x",
    "frames",
    "---[ end trace 0000000000000000 ]---",
    "z",
  ];
  expect(complaintBlock(lines, 3)).toEqual(lines.slice(0, 6));
  expect(complaintBlock(lines.slice(3), 0)).toEqual(lines.slice(3, 6));
});

test.each([
  [
    "an oops",
    [
      "[    9.1] Unable to handle kernel paging request at virtual address ffff800082000000",
      "[    9.1] pc : ntb_epf_spad_write+0x4c/0xb8 [ntb_hw_epf]",
      "[    9.1] lr : ntb_transport_link_cleanup+0x120/0x2a0 [ntb_transport]",
      "[    9.1] Call trace:",
      "[    9.1]  ntb_epf_spad_write+0x4c/0xb8 [ntb_hw_epf] (P)",
    ],
    "ntb_epf_spad_write",
  ],
  [
    "KASAN",
    [
      "BUG: KASAN: slab-use-after-free in foo+0x1/0x2",
      "Call trace:",
      " show_stack+0x18/0x24 (C)",
      " dump_stack_lvl+0x70/0x9c",
      " print_report+0x118/0x5a0",
      " kasan_report+0x88/0xc8",
      " __asan_report_load4_noabort+0x20/0x2c",
      " foo+0x1/0x2 [bar]",
    ],
    "foo",
  ],
  [
    "a hung task",
    [
      "INFO: task sh:99 blocked for more than 40 seconds.",
      "Call trace:",
      " __switch_to+0xf0/0x160 (T)",
      " __schedule+0x4bc/0xc40",
      " schedule+0x34/0xe0",
      " schedule_timeout+0x10/0x20",
      " wait_for_completion+0x90/0x120",
      " edma_test_run+0x12/0x40 [edma_test]",
    ],
    "edma_test_run",
  ],
  ["nothing", ["DMA-API: exceeded 7 overlapping mappings"], undefined],
])("the culprit of %s", (_what, trace, expected) => {
  expect(culpritOf(trace)).toBe(expected);
});
