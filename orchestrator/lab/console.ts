// SPDX-License-Identifier: MIT
import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

/** A line of a VM's console. `at` is in milliseconds of `performance.now()`. */
export interface ConsoleLine {
  readonly at: number;
  readonly text: string;
  /** The kernel's level of it, 0 (emerg) to 7 (debug); absent where others than the kernel printed it. */
  readonly level?: number;
}

/** What the kernel is started with, so that its console tells levels. */
export const levelsOnConsole = "console_msg_format=syslog";

/** A message as the kernel then prints it: facility and level before all else, `<3>[    1.234567] text` (printk(9)). */
const levelled = /<(\d+)>(?=\[ *\d+\.\d{6}\])/;
const beforeLevel = /(?=<\d+>\[ *\d+\.\d{6}\])/;

/**
 * A machine's serial console: written to a file as it comes, kept as lines with their times, and offered
 * line by line to whoever listens. It outlives the VM that prints on it, if another one takes its place.
 */
export class GuestConsole {
  readonly file: string;
  readonly #lines: ConsoleLine[] = [];
  readonly #listeners = new Set<(line: ConsoleLine) => void>();
  /** How many lines were there when the present VM was started; undefined before the first. */
  #since: number | undefined;
  #rest = "";

  constructor(file: string) {
    this.file = file;
  }

  /**
   * Takes what a VM prints, behind all that was printed before; `marker` is put between. Resolves when
   * the VM prints no more and the file is complete.
   */
  follow(source: Readable, marker = "=== started again ==="): Promise<void> {
    const again = this.#since !== undefined;
    const log = createWriteStream(this.file, { flags: again ? "a" : "w" });
    const take = (text: string) => {
      for (const line of this.#take(text)) log.write(`${line}\n`);
    };
    this.#since = this.#lines.length;
    if (again) take(`${marker}\n`);
    source.setEncoding("utf8");
    source.on("data", take);
    return new Promise((resolve) => {
      source.once("close", () => {
        if (this.#rest) take("\n");
        log.end(resolve);
      });
    });
  }

  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  /** Those of the VMs that were here before the present one. */
  get formerLines(): readonly ConsoleLine[] {
    return this.#lines.slice(0, this.#since ?? 0);
  }

  /** The last lines, for the evidence beside an error. */
  tail(count = 15): string[] {
    const lines = this.#lines.map((line) => line.text).filter((text) => text.trim() !== "");
    if (this.#rest.trim()) lines.push(this.#rest.replaceAll(new RegExp(levelled, "g"), ""));
    return lines.slice(-count);
  }

  /** Calls `listener` for each line from now on; returns how to stop that. */
  onLine(listener: (line: ConsoleLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first line of the present VM, past or future, that contains `text`. Never rejects. */
  waitFor(text: string): Promise<ConsoleLine> {
    const seen = this.#lines.slice(this.#since).find((line) => line.text.includes(text));
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve) => {
      const stop = this.onLine((line) => {
        if (!line.text.includes(text)) return;
        stop();
        resolve(line);
      });
    });
  }

  /** Returns the lines that are whole now, as they were printed but for their levels. */
  #take(text: string): string[] {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    return parts.flatMap(messagesIn).map((message) => {
      const [, priority] = levelled.exec(message) ?? [];
      const printed = message.replace(levelled, "");
      const line = {
        at: performance.now(),
        text: plain(printed),
        ...(priority === undefined ? {} : { level: Number(priority) % 8 }),
      };
      this.#lines.push(line);
      for (const listener of this.#listeners) listener(line);
      return printed;
    });
  }
}

function plain(printed: string): string {
  return stripVTControlCharacters(printed).replace(/\r/g, "");
}

/** A line as it was printed, where the kernel speaks behind what somebody else has not ended: what each of them said. */
function messagesIn(line: string): string[] {
  const parts = line.split(beforeLevel);
  const [first = "", second] = parts;
  if (second === undefined || plain(first) !== "") return parts;
  return [first + second, ...parts.slice(2)];
}
