// SPDX-License-Identifier: MIT
import type { Writable } from "node:stream";
import { styleText } from "node:util";
import type { Paint } from "./summary.ts";

export interface ScreenOptions {
  readonly output: Writable;
  /** Live lines with what is going on and for how long; otherwise plain lines without control characters. */
  readonly live: boolean;
  /** Whether to use colours; only with `live`. */
  readonly colours?: boolean;
  /** Columns of the terminal, asked for each time the live lines are drawn. */
  readonly columns: () => number;
  /** Its rows, likewise. */
  readonly rows?: () => number;
}

const redrawMs = 200;

/** What one run is at, as a line; undefined while it is at nothing that takes time. */
export type LiveLine = () => string | undefined;

/**
 * What runs are told on: lines that stay, and below them on a terminal a live line of each run that is at work. One screen
 * for all that is told on one output: a line of one run must not land within that of another.
 */
export class Screen {
  readonly live: boolean;
  readonly paint: Paint;
  readonly #options: ScreenOptions;
  readonly #lines = new Set<LiveLine>();
  /** Live lines that stand on the terminal now. */
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.live = options.live;
    this.paint = options.live && options.colours ? colour : plain;
    // Whoever reads the output may go, as `head` does: the run and the other reports do not depend on it.
    options.output.on("error", () => {});
  }

  /** Prints a line that stays, above the live lines. */
  print(line: string): void {
    this.printOn(this.#options.output, line);
  }

  /** The same on an output that may be the same terminal, such as standard error. */
  printOn(output: Writable, line: string): void {
    this.#erase();
    output.write(`${line}\n`);
    this.draw();
  }

  /** From now on `line` is drawn, and drawn again, as time passes. */
  show(line: LiveLine): void {
    this.#lines.add(line);
    if (this.live) this.#timer ??= setInterval(() => this.draw(), redrawMs);
    this.draw();
  }

  hide(line: LiveLine): void {
    if (!this.#lines.delete(line)) return;
    if (this.#lines.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.draw();
  }

  draw(): void {
    if (!this.live) return;
    this.#erase();
    const { output, columns, rows = () => Number.POSITIVE_INFINITY } = this.#options;
    // What is above the first row of a terminal could not be erased again.
    const lines = [...this.#lines]
      .flatMap((line) => line() ?? [])
      .slice(0, Math.max(1, rows() - 1))
      .map((line) => line.slice(0, columns() - 1));
    if (lines.length > 0) output.write(lines.join("\n"));
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (!this.live) return;
    this.#options.output.write(`\r\x1b[K${"\x1b[A\x1b[K".repeat(Math.max(0, this.#drawn - 1))}`);
    this.#drawn = 0;
  }
}

/** Standard output or standard error, as a terminal can show it. */
export function screenOn(output: NodeJS.WriteStream): Screen {
  const live = output.isTTY === true;
  return new Screen({
    output,
    live,
    colours: live && output.hasColors(),
    columns: () => output.columns,
    rows: () => output.rows,
  });
}

const styles = {
  pass: "green",
  fail: "red",
  error: "red",
  skip: "yellow",
  xfail: "yellow",
  flaky: "yellow",
} as const;

const colour: Paint = (status, text) =>
  Object.hasOwn(styles, status)
    ? styleText(styles[status as keyof typeof styles], text, { validateStream: false })
    : text;
const plain: Paint = (_status, text) => text;
