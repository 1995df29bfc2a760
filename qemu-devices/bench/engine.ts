// SPDX-License-Identifier: MIT
/**
 * The engine's speed, by its own clock: a channel counts the time from a doorbell taken to rest
 * (`busy_ns` of the property `stats`), so neither this process nor the machine's bus is in it.
 */
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { control, type Direction, linkedList } from "../tests/harness/edma.ts";
import { type LinkedPair, ramBase } from "../tests/harness/linked-pair.ts";
import type { Range } from "./reference.ts";

const runDeadlineMs = 30_000;
/** Between looks at a channel: each costs a running one some microseconds. */
const lookMs = 10;

/** Lists of as many elements as 4 KiB blocks of the range, a channel; in the endpoint's RAM. */
const listsOffset = 16 << 20;
const listStride = 8 << 20;

const busy = z.object({
  write: z.array(z.object({ busy_ns: z.number(), bytes: z.number() })),
  read: z.array(z.object({ busy_ns: z.number(), bytes: z.number() })),
});

export interface Run {
  readonly direction: Direction;
  readonly channel: number;
  readonly range: Range;
  /** Bytes of an element. */
  readonly block: number;
}

export class Engine {
  readonly #pair: LinkedPair;

  constructor(pair: LinkedPair) {
    this.#pair = pair;
  }

  /** Nanoseconds at work for each of the runs, made at the same time. */
  async time(runs: readonly Run[]): Promise<number[]> {
    for (const run of runs) await this.#prepare(run);
    const before = await this.#counters(runs);
    for (const { direction, channel } of runs) await this.#pair.edma.ring(direction, channel);
    for (const run of runs) await this.#finished(run);
    const after = await this.#counters(runs);
    return runs.map((run, index) => {
      const [from, to] = [before[index], after[index]];
      if (!from || !to || to.bytes - from.bytes !== run.range.size) {
        throw new Error(`${run.direction} channel ${run.channel} did not move its whole list`);
      }
      return to.busy_ns - from.busy_ns;
    });
  }

  /** Bytes a second of one channel alone. */
  async rate(run: Run): Promise<number> {
    const [time = Number.NaN] = await this.time([run]);
    return (run.range.size * 1e9) / time;
  }

  async #prepare({ direction, channel, range, block }: Run): Promise<void> {
    const list = ramBase + BigInt(listsOffset + channel * listStride);
    const elements = Array.from({ length: range.size / block }, (_, index) => {
      const at = ramBase + BigInt(range.offset + index * block);
      return { source: at, destination: at, size: block, flags: control.cycle };
    });
    const end = { next: list, flags: 0 };
    await this.#pair.endpoint.bus.write(list, linkedList([...elements, end]));
    await this.#pair.edma.prepareList(direction, channel, list);
  }

  async #finished({ direction, channel }: Run): Promise<void> {
    const limit = Date.now() + runDeadlineMs;
    for (;;) {
      await setTimeout(lookMs);
      const state = await this.#pair.edma.state(direction, channel);
      if (state === "stopped") return;
      if (state !== "running" || Date.now() > limit) {
        throw new Error(`expected ${direction} channel ${channel} to come to rest, it is ${state}`);
      }
    }
  }

  async #counters(runs: readonly Run[]) {
    const stats = busy.parse(await this.#pair.property("stats"));
    return runs.map(({ direction, channel }) => stats[direction][channel]);
  }
}
