// SPDX-License-Identifier: MIT
/** The engine against memcpy, and two channels against one; each in turn, round by round. */
import type { Direction } from "../tests/harness/edma.ts";
import type { LinkedPair } from "../tests/harness/linked-pair.ts";
import { Engine } from "./engine.ts";
import type { Measurement } from "./measurement.ts";
import { MemcpyReference, type Range } from "./reference.ts";
import { median } from "./statistics.ts";

/** Each channel's share of RAM; several times the last level cache of the machines this runs on. */
const size = 128 << 20;
const first: Range = { offset: 64 << 20, size };
const second: Range = { offset: first.offset + size, size };
export const throughputRam = "384M";

const large = 1 << 20;
const blocks = [
  { block: large, name: "1MiB", target: 0.8 },
  { block: 4 << 10, name: "4KiB", target: 0.5 },
] as const;
const directions = ["write", "read"] as const;
/** Of two channels against one, where the machine has a core for the second. */
const channelsTarget = 1.6;

class Samples {
  readonly #values = new Map<string, number[]>();

  take(name: string, value: number): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  get(name: string): number[] {
    return this.#values.get(name) ?? [];
  }
}

/** The pair's link is up. `directory` takes the compiled reference. */
export async function measureThroughput(
  pair: LinkedPair,
  rounds: number,
  directory: string,
  progress: (text: string) => void,
): Promise<Measurement[]> {
  const engine = new Engine(pair);
  const start = (range: Range) => MemcpyReference.start(pair.endpoint, pair.host, range, directory);
  const references = [await start(first), await start(second)] as const;
  const samples = new Samples();
  try {
    progress("touching memory");
    for (const direction of directions) await engine.time(twoRuns(direction, size));
    for (const reference of references) await reference.rate(size);
    for (let round = 1; round <= rounds; round++) {
      progress(`throughput, round ${round} of ${rounds}`);
      await compareWithMemcpy(engine, references[0], samples);
      await compareChannels(engine, references, samples);
    }
  } finally {
    for (const reference of references) await reference.stop();
  }
  return summarise(samples);
}

function twoRuns(direction: Direction, block: number) {
  return [first, second].map((range, channel) => ({ direction, channel, range, block }));
}

async function compareWithMemcpy(engine: Engine, reference: MemcpyReference, samples: Samples) {
  for (const { block, name } of blocks) {
    const plain = await reference.rate(block);
    samples.take(`memcpy.${name}`, plain / 1e9);
    for (const direction of directions) {
      const rate = await engine.rate({ direction, channel: 0, range: first, block });
      samples.take(`engine.${direction}.${name}`, rate / 1e9);
      samples.take(`engine.${direction}.${name}.ratio`, rate / plain);
    }
  }
}

async function compareChannels(
  engine: Engine,
  references: readonly [MemcpyReference, MemcpyReference],
  samples: Samples,
) {
  const alone = await references[0].rate(large);
  const together = 2 * Math.min(...(await Promise.all(references.map((one) => one.rate(large)))));
  samples.take("memcpy.two-threads.ratio", together / alone);
  for (const direction of directions) {
    const one = await engine.rate({ direction, channel: 0, range: first, block: large });
    const two = (2 * size * 1e9) / Math.max(...(await engine.time(twoRuns(direction, large))));
    samples.take(`engine.${direction}.two-channels`, two / 1e9);
    samples.take(`engine.${direction}.two-channels.ratio`, two / one);
  }
}

function summarise(samples: Samples): Measurement[] {
  const rate = (name: string) => ({ name, unit: "GB/s", samples: samples.get(name) });
  const ratio = (name: string, target: number) => ({
    name,
    unit: "",
    samples: samples.get(name),
    target,
  });
  const machine = {
    name: "memcpy.two-threads.ratio",
    unit: "",
    samples: samples.get("memcpy.two-threads.ratio"),
  };
  const room = median(machine.samples) >= channelsTarget;
  const channels = (name: string) =>
    room
      ? ratio(name, channelsTarget)
      : {
          name,
          unit: "",
          samples: samples.get(name),
          note: "no core free: two memcpy scale no better",
        };
  return [
    ...blocks.flatMap(({ name, target }) => [
      rate(`memcpy.${name}`),
      ...directions.flatMap((direction) => [
        rate(`engine.${direction}.${name}`),
        ratio(`engine.${direction}.${name}.ratio`, target),
      ]),
    ]),
    machine,
    ...directions.flatMap((direction) => [
      rate(`engine.${direction}.two-channels`),
      channels(`engine.${direction}.two-channels.ratio`),
    ]),
  ];
}
