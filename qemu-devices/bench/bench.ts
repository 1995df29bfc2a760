// SPDX-License-Identifier: MIT
/** Every device benchmark, on one pair of QEMUs without guests. */
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { endpointMap, LinkedPair } from "../tests/harness/linked-pair.ts";
import { measureDoorbells, timestamps } from "./doorbell.ts";
import type { Measurement } from "./measurement.ts";
import { measureThroughput, throughputRam } from "./throughput.ts";

export interface BenchRequest {
  readonly qemu: { readonly binary: string };
  readonly rounds: number;
  readonly doorbells: number;
  readonly progress: (text: string) => void;
}

/** The BAR through which the host sees the eDMA's registers. */
const registersBar = 2;

export async function benchDevices(request: BenchRequest): Promise<Measurement[]> {
  const { qemu, rounds, doorbells, progress } = request;
  const directory = await makeTemporaryDirectory();
  const pair = await LinkedPair.start({}, { qemu, ram: throughputRam, arguments: timestamps });
  try {
    await pair.implementBar(registersBar, 0x2000);
    await pair.iatu.mapBar(0, registersBar, endpointMap.dma);
    const bars = await pair.linkUp();
    const registers = bars.get(registersBar);
    if (!registers) throw new Error(`the host found no BAR ${registersBar}`);
    return [
      ...(await measureThroughput(pair, rounds, directory.path, progress)),
      ...(await measureDoorbells(pair, registers.address, doorbells, progress)),
    ];
  } finally {
    await pair.stop();
    await directory.remove();
  }
}
