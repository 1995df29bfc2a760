// SPDX-License-Identifier: MIT
import { createWriteStream, type WriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

/** A line of a VM's console. `at` is in milliseconds of `performance.now()`. */
export interface ConsoleLine {
  readonly at: number;
  readonly text: string;
}

/**
 * A VM's serial console: written to a file as it comes, kept as lines with their times, and offered
 * line by line to whoever listens.
 */
export class GuestConsole {
  readonly file: string;
  readonly #lines: ConsoleLine[] = [];
  readonly #listeners = new Set<(line: ConsoleLine) => void>();
  readonly #log: WriteStream;
  readonly #closed: Promise<void>;
  #rest = "";

  constructor(source: Readable, file: string) {
    this.file = file;
    this.#log = createWriteStream(file);
    source.setEncoding("utf8");
    source.on("data", (text: string) => {
      this.#log.write(text);
      this.#take(text);
    });
    this.#closed = new Promise((resolve) => {
      source.once("close", () => {
        if (this.#rest) this.#take("\n");
        this.#log.end(resolve);
      });
    });
  }

  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  /** The last lines, for the evidence beside an error. */
  tail(count = 15): string[] {
    const lines = this.#lines.map((line) => line.text).filter((text) => text.trim() !== "");
    if (this.#rest.trim()) lines.push(this.#rest);
    return lines.slice(-count);
  }

  /** Calls `listener` for each line from now on; returns how to stop that. */
  onLine(listener: (line: ConsoleLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first line, past or future, that contains `text`. Never rejects. */
  waitFor(text: string): Promise<ConsoleLine> {
    const seen = this.#lines.find((line) => line.text.includes(text));
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve) => {
      const stop = this.onLine((line) => {
        if (!line.text.includes(text)) return;
        stop();
        resolve(line);
      });
    });
  }

  /** Resolves when the console has ended and its file is complete. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = {
        at: performance.now(),
        text: stripVTControlCharacters(part).replace(/\r/g, ""),
      };
      this.#lines.push(line);
      for (const listener of this.#listeners) listener(line);
    }
  }
}
