// SPDX-License-Identifier: MIT
/** (a) the engine against memcpy, (b) two channels against one; each in turn, round by round. */
import type { LinkedPair } from "../tests/harness/linked-pair.ts";
import { Engine } from "./engine.ts";
import type { Measurement } from "./measurement.ts";
import { MemcpyReference, type Range } from "./reference.ts";

/** Each channel's share of RAM; several times the last level cache of the machines this runs on. */
const size = 128 << 20;
const ranges: readonly [Range, Range] = [
  { offset: 64 << 20, size },
  { offset: (64 << 20) + size, size },
];
export const throughputRam = "384M";

const blocks = [
  { block: 1 << 20, name: "1MiB", target: 0.8 },
  { block: 4 << 10, name: "4KiB", target: 0.5 },
] as const;
const directions = ["write", "read"] as const;
const channelsTarget = 1.6;

/** The pair's link is up. `directory` takes the compiled reference. */
export async function measureThroughput(
  pair: LinkedPair,
  rounds: number,
  directory: string,
  progress: (text: string) => void,
): Promise<Measurement[]> {
  const engine = new Engine(pair);
  const reference = await MemcpyReference.start(pair.endpoint, pair.host, ranges[0], directory);
  const samples = new Map<string, number[]>();
  const take = (name: string, value: number) => {
    samples.set(name, [...(samples.get(name) ?? []), value]);
  };
  try {
    progress("touching memory");
    for (const direction of directions) {
      await engine.time(
        ranges.map((range, channel) => ({ direction, channel, range, block: size })),
      );
    }
    await reference.rate(size);
    for (let round = 1; round <= rounds; round++) {
      progress(`throughput, round ${round} of ${rounds}`);
      for (const { block, name } of blocks) {
        const plain = await reference.rate(block);
        take(`memcpy.${name}`, plain / 1e9);
        for (const direction of directions) {
          const rate = await engine.rate({ direction, channel: 0, range: ranges[0], block });
          take(`engine.${direction}.${name}`, rate / 1e9);
          take(`engine.${direction}.${name}.ratio`, rate / plain);
        }
      }
      for (const direction of directions) {
        const runs = ranges.map((range, channel) => ({
          direction,
          channel,
          range,
          block: 1 << 20,
        }));
        const [first] = runs;
        const one = (first && (await engine.rate(first))) ?? Number.NaN;
        const two = (2 * size * 1e9) / Math.max(...(await engine.time(runs)));
        take(`engine.${direction}.two-channels`, two / 1e9);
        take(`engine.${direction}.two-channels.ratio`, two / one);
      }
    }
  } finally {
    await reference.stop();
  }
  return [...samples].map(([name, values]) => ({
    name,
    samples: values,
    ...(name.endsWith(".ratio") ? { unit: "", target: targetOf(name) } : { unit: "GB/s" }),
  }));
}

function targetOf(name: string): number {
  return blocks.find((block) => name.includes(block.name))?.target ?? channelsTarget;
}
