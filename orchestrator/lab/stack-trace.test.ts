// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { complaintBlock, culpritOf, isFrame, withoutTime } from "./stack-trace.ts";

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

test("three lines stand before a complaint, and 150 behind it at most", () => {
  const lines = Array.from({ length: 300 }, (_, n) => `line ${n}`);
  expect(complaintBlock(lines, 10)).toEqual(lines.slice(7, 160));
  expect(complaintBlock(lines, 1)).toEqual(lines.slice(0, 151));
  // The end of the trace before is not this one's.
  const two = ["---[ end trace 0 ]---", "x", "WARNING: y", "frames", "---[ end trace 1 ]---", "z"];
  expect(complaintBlock(two, 2)).toEqual(two.slice(0, 5));
  expect(complaintBlock(["---[ end Kernel panic - not syncing", "z"], 0)).toHaveLength(2);
});

test("a frame is a function with its offset and length, wherever it stands in its line", () => {
  const lines = [
    "[    9.1]  rx+0x1c/0x80 [x] (P)",
    "  [<ffff8000>] rx.cold+0x1/0x2",
    "pc : rx+0x1/0x2",
  ];
  expect(lines.map(isFrame)).toEqual([true, true, false]);
});

test.each([
  [
    "an oops in what only copies, which its caller told to",
    [
      "pc : memcpy+0x4c/0xb8",
      "Call trace:",
      " memcpy+0x4c/0xb8 (P)",
      " ntb_memcpy_tx+0x20/0x60 [ntb_transport]",
    ],
    "ntb_memcpy_tx",
  ],
  [
    "an oops whose stack was cut off",
    ["pc : ntb_epf_isr+0x4/0xb8 [ntb_hw_epf]", "lr : other+0x1/0x2"],
    "ntb_epf_isr",
  ],
  ["frames without a heading", [" show_stack+0x18/0x24", " foo+0x1/0x2"], "foo"],
  ["what stands before the stack", ["was_here+0x1/0x2 said", "Call trace:", " foo+0x1/0x2"], "foo"],
  ["a stack of bystanders", ["Call trace:", " schedule+0x34/0xe0"], undefined],
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
