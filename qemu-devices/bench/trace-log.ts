// SPDX-License-Identifier: MIT
/** Trace events with their times, out of a QEMU's standard error (QEMU's `log` trace backend, `-msg timestamp=on`). */
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

export interface TracedEvent {
  /** The machine's clock, in microseconds since 1970. */
  readonly us: number;
  /** The event's name and arguments. */
  readonly text: string;
}

/** QEMU's `log` trace backend writes THREAD@SECONDS.MICROSECONDS:NAME ARGUMENTS. */
export function parseTraceLog(log: string): TracedEvent[] {
  return [...log.matchAll(/^\d+@(\d+)\.(\d+):(.*)$/gm)].map(([, seconds, micros, text]) => ({
    us: Number(seconds) * 1e6 + Number(micros),
    text: text ?? "",
  }));
}

const flushDeadlineMs = 5000;

/** Waits for the log to hold `count` events that `wanted` matches, which have happened already. */
export async function tracedEvents(
  file: string,
  wanted: RegExp,
  count: number,
): Promise<TracedEvent[]> {
  const limit = Date.now() + flushDeadlineMs;
  for (;;) {
    const found = parseTraceLog(await readFile(file, "utf8")).filter(({ text }) =>
      wanted.test(text),
    );
    if (found.length >= count) return found;
    if (Date.now() > limit) {
      throw new Error(`expected ${count} trace events ${wanted} in ${file}, found ${found.length}`);
    }
    await setTimeout(20);
  }
}
