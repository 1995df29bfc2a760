// SPDX-License-Identifier: MIT
import { Writable } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { Screen } from "./screen.ts";
import { terminalReporter } from "./terminal.ts";

/** What stands on a terminal of so many rows after all that was written, from the top. */
function standing(written: string): string[] {
  const lines = [""];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal acts on
  for (const piece of written.match(/\u001b\[[AK]|[\r\n]|[^\u001b\r\n]+/g) ?? []) {
    if (piece === "\r") column = 0;
    else if (piece === "\n") [row, column] = [row + 1, 0];
    else if (piece === "\u001b[A") row--;
    else if (piece === "\u001b[K") lines[row] = (lines[row] ?? "").slice(0, column);
    else {
      lines[row] = (lines[row] ?? "").slice(0, column) + piece;
      column += piece.length;
    }
  }
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

function screenOf(options: { live: boolean; rows?: number; columns?: number }) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let text = "";
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  const { live, rows = 24, columns = 80 } = options;
  const screen = new Screen({ output, live, columns: () => columns, rows: () => rows });
  return { screen, output, text: () => text, lines: () => standing(text) };
}

const started = (id: string) => ({ type: "step-started", id, title: id }) as const;
const finished = (id: string) =>
  ({ type: "step-finished", id, title: id, durationMs: 900, evidence: {} }) as const;

test("two runs on a terminal have a live line each, below what is printed of both", () => {
  const { screen, lines } = screenOf({ live: true });
  const [one, two] = ["one | ", "two | "].map((head) => terminalReporter(screen, head));
  one?.on(started("ping"));
  two?.on(started("boot"));
  expect(lines()).toEqual(["one |   ... ping, 0.0 s", "two |   ... boot, 0.0 s"]);
  vi.advanceTimersByTime(2000);
  two?.on({ type: "note", text: "a note" });
  expect(lines()).toEqual(["two |   a note", "one |   ... ping, 2.0 s", "two |   ... boot, 2.0 s"]);
  one?.on(finished("ping"));
  expect(lines()).toEqual(["two |   a note", "one |     0.9 s  ping", "two |   ... boot, 2.0 s"]);
  two?.on(finished("boot"));
  expect(lines()).toEqual(["two |   a note", "one |     0.9 s  ping", "two |     0.9 s  boot"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("no more live lines than the terminal has rows, and none longer than it is wide", () => {
  const { screen, lines } = screenOf({ live: true, rows: 3, columns: 9 });
  for (const name of ["a", "b", "c", "d"]) screen.show(() => `${name} 34567890`);
  expect(lines()).toEqual(["a 345678", "b 345678"]);
  vi.advanceTimersByTime(1000);
  expect(lines()).toEqual(["a 345678", "b 345678"]);
});

test("in a pipe every line says whose it is, and nothing is drawn", () => {
  const { screen, text } = screenOf({ live: false });
  const one = terminalReporter(screen, "one | ");
  one.on(started("ping"));
  vi.advanceTimersByTime(2000);
  one.on(finished("ping"));
  one.on({ type: "variant-started", variant: "six", title: "six BARs", index: 1, count: 2 });
  expect(text()).toBe("one |     0.9 s  ping\none |\none | variant 1 of 2: six: six BARs\n");
  expect(vi.getTimerCount()).toBe(0);
});

test("what goes to the other output does not land in a live line", () => {
  const { screen, output, lines } = screenOf({ live: true });
  screen.show(() => "live");
  screen.printOn(output, "a complaint");
  expect(lines()).toEqual(["a complaint", "live"]);
});
