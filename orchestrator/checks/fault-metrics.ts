// SPDX-License-Identifier: MIT
import type { Evidence } from "../steps/registry.ts";

type Measurement = readonly [name: string, unit: string, value: number];

const mebibyte = 1 << 20;

/** What the steps that make faults have measured. */
export function faultMeasurements(item: Evidence): readonly Measurement[] {
  switch (item.kind) {
    case "abort-dma":
      return [[`dma.aborts.${item.data.direction}`, "1", item.data.aborts]];
    case "pause-vm":
      return [["paused", "ms", item.data.pausedMs]];
    case "memory-pressure":
      return [["memory.available", "MiB", item.data.available / mebibyte]];
    case "restart-vm":
      return [["restart.boot", "ms", item.data.bootMs]];
    case "kill-vm":
    case "lose-link": {
      const { noticedMs, removedMs } = item.data;
      const removed = removedMs === undefined ? [] : [["loss.removed", "ms", removedMs] as const];
      return [["loss.noticed", "ms", noticedMs], ...removed];
    }
    default:
      return [];
  }
}
