// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { parseTraceLog } from "./trace-log.ts";

test("trace events are told from other lines, with their time in microseconds", () => {
  const log =
    "qemu-system-aarch64: warning: something\n" +
    "4711@1700000000.000250:dwc_edma_line dma4 level 1\n" +
    "4712@1700000001.500000:dwc_edma_write 0x00a0 size 4: 0x00000000 link 1\n";
  expect(parseTraceLog(log)).toEqual([
    { us: 1_700_000_000_000_250, text: "dwc_edma_line dma4 level 1" },
    { us: 1_700_000_001_500_000, text: "dwc_edma_write 0x00a0 size 4: 0x00000000 link 1" },
  ]);
});
