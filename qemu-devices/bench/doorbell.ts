// SPDX-License-Identifier: MIT
/**
 * From the host's write to the embedded doorbell (the eDMA's interrupt status, through a BAR) to the
 * endpoint's interrupt line. Both QEMUs trace these with the machine's clock.
 */
import { setTimeout } from "node:timers/promises";
import { EdmaRegisters } from "../tests/harness/edma.ts";
import type { LinkedPair } from "../tests/harness/linked-pair.ts";
import type { Machine } from "../tests/harness/machine.ts";
import type { Measurement } from "./measurement.ts";
import { tracedEvents } from "./trace-log.ts";

const lineDeadlineMs = 5000;

/** What both QEMUs need on their command lines. */
export const timestamps = ["-msg", "timestamp=on"];

const written = /^dwc_edma_write 0x00a0 .* link 1$/;
const raised = /^dwc_edma_line .* level 1$/;

/** `registers`: where the host has the eDMA's registers in a BAR. */
export async function measureDoorbells(
  pair: LinkedPair,
  registers: bigint,
  count: number,
  progress: (text: string) => void,
): Promise<Measurement[]> {
  progress(`${count} doorbells`);
  const throughWindow = new EdmaRegisters(pair.host.bus, registers);
  await trace(pair.host, "dwc_edma_write", true);
  await trace(pair.endpoint, "dwc_edma_line", true);
  for (let doorbell = 0; doorbell < count; doorbell++) {
    await throughWindow.write("intStatus", "read", 0);
    await untilRaised(pair);
    await pair.edma.write("intClear", "read", 0);
  }
  await trace(pair.host, "dwc_edma_write", false);
  await trace(pair.endpoint, "dwc_edma_line", false);
  const writes = await tracedEvents(pair.host.log, written, count);
  const lines = await tracedEvents(pair.endpoint.log, raised, count);
  const samples = writes.map(({ us }, index) => (lines[index]?.us ?? Number.NaN) - us);
  if (writes.length !== count || lines.length !== count) {
    throw new Error(
      `expected ${count} doorbells and as many interrupts, traced ${writes.length} and ${lines.length}`,
    );
  }
  return [{ name: "doorbell.write-to-line", unit: "us", samples, tail: true }];
}

async function untilRaised(pair: LinkedPair): Promise<void> {
  const limit = Date.now() + lineDeadlineMs;
  while (!(await pair.line("read", 0))) {
    if (Date.now() > limit) throw new Error("a doorbell raised no interrupt line");
    await setTimeout(1);
  }
}

async function trace(machine: Machine, name: string, enable: boolean): Promise<void> {
  await machine.qmp.execute("trace-event-set-state", { name, enable });
}
