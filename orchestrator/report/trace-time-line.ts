// SPDX-License-Identifier: MIT
//
// The devices' trace events of both VMs, both consoles and the run's steps as one text in the order of time.

import { createWriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { traceEvents, traceLogs } from "../lab/trace.ts";
import { bootedAt } from "./boot.ts";
import type { ConsoleLog, Reporter } from "./events.ts";
import type { Report } from "./report.ts";
import type { RunResult } from "./result.ts";
import { clockText } from "./summary.ts";

/** Something that happened, in milliseconds from the start of the run. */
export interface Happening {
  readonly atMs: number;
  /** The lab, or a machine by its name. */
  readonly where: string;
  readonly what: "step" | "console" | "device";
  readonly text: string;
}

const name = "time-line.txt";

/** A text beside each variant's consoles, of runs that are traced; says where. */
export const timeLineReport = {
  files: [name],
  ofRun: ({ trace, say }) => (trace ? timeLineReporter(say) : undefined),
} satisfies Report;

function timeLineReporter(say: (text: string) => void): Reporter {
  return {
    name: "time line",
    on: async (event) => {
      if (event.type !== "run-finished") return;
      const variants = Map.groupBy(event.consoles, ({ variant }) => variant);
      for (const [variant, consoles] of variants) {
        const [first] = consoles;
        if (!first) continue;
        const directory = dirname(first.file);
        const file = join(directory, name);
        const count = await writeTimeLine(file, event.result, variant, consoles, directory);
        say(`time line: ${file} (${count.toLocaleString("en")} trace events)`);
      }
    },
  };
}

async function writeTimeLine(
  file: string,
  result: RunResult,
  variant: string | undefined,
  consoles: readonly ConsoleLog[],
  directory: string,
): Promise<number> {
  const boot = bootedAt(result, variant);
  const started = Date.parse(result.started);
  let count = 0;
  const traced = (await traceLogs(directory)).map(({ machine, path }) =>
    deviceEvents(path, machine, started),
  );
  const sources = [
    steps(result, variant),
    ...consoles.map(({ role, lines }) =>
      lines.map(({ atMs, text }) => ({ atMs, where: role, what: "console" as const, text })),
    ),
    ...traced,
  ];
  async function* text() {
    yield `# seconds since boot, ${clockText(result)}; a console's lines have the time at which the lab read them\n`;
    for await (const { times, ...happening } of folded(inOrder(sources))) {
      if (happening.what === "device") count += times;
      const again = times > 1 ? ` (${times} times)` : "";
      const text = happening.text + again;
      yield line({ ...happening, text, atMs: happening.atMs - boot });
    }
  }
  await pipeline(text(), createWriteStream(file));
  return count;
}

function line({ atMs, where, what, text }: Happening): string {
  return `${(atMs / 1000).toFixed(6).padStart(11)}  ${where.padEnd(8)}  ${what.padEnd(7)}  ${text}\n`;
}

/** A driver that polls does the same again and again: one after the other, such events are one with their count. */
export async function* folded(
  happenings: AsyncIterable<Happening>,
): AsyncGenerator<Happening & { readonly times: number }> {
  let last: (Happening & { times: number }) | undefined;
  for await (const next of happenings) {
    const same = last?.what === "device" && last.where === next.where && last.text === next.text;
    if (last && same && next.what === "device") last.times++;
    else {
      if (last) yield last;
      last = { ...next, times: 1 };
    }
  }
  if (last) yield last;
}

function steps({ steps }: RunResult, variant: string | undefined): Happening[] {
  const lab = { where: "lab", what: "step" } as const;
  return steps
    .filter((step) => step.variant === variant)
    .flatMap(({ title, status, startMs, durationMs }): Happening[] => {
      if (startMs === null) return [];
      const begins = { ...lab, atMs: startMs, text: `${title} ...` };
      if (durationMs === null) return [begins];
      return [begins, { ...lab, atMs: startMs + durationMs, text: `${title}: ${status}` }];
    })
    .sort((a, b) => a.atMs - b.atMs);
}

async function* deviceEvents(
  path: string,
  where: Happening["where"],
  started: number,
): AsyncGenerator<Happening> {
  for await (const { at, text } of traceEvents(path)) {
    yield { atMs: at - started, where, what: "device", text };
  }
}

/** Merges sources, each of which is in order already. */
export async function* inOrder(
  sources: readonly (Iterable<Happening> | AsyncIterable<Happening>)[],
): AsyncGenerator<Happening> {
  const heads = await Promise.all(
    sources.map(async (source) => {
      const iterator = iteratorOf(source);
      return { iterator, next: await iterator.next() };
    }),
  );
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      if (!first || first.next.done || head.next.value.atMs < first.next.value.atMs) first = head;
    }
    if (!first || first.next.done) return;
    yield first.next.value;
    first.next = await first.iterator.next();
  }
}

function iteratorOf(source: Iterable<Happening> | AsyncIterable<Happening>) {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}
