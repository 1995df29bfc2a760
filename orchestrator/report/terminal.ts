// SPDX-License-Identifier: MIT
import type { Writable } from "node:stream";
import { stripVTControlCharacters, styleText } from "node:util";
import type { Reporter, RunEvent } from "./events.ts";
import type { RunResult } from "./result.ts";
import { duration, type Paint, summaryLines } from "./summary.ts";

export interface TerminalOptions {
  readonly output: Writable;
  /** A live line with what is going on and for how long; otherwise plain lines without control characters. */
  readonly live: boolean;
  /** Whether to use colours; only with `live`. */
  readonly colours?: boolean;
  /** Columns of the terminal, asked for each time the live line is drawn. */
  readonly columns: () => number;
}

const redrawMs = 200;

/** Those beside the steps for which one waits. */
const shownPhases: ReadonlySet<string> = new Set(["boot", "leaks", "teardown"]);

/** Tells of the run on the terminal as it goes. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const { output, live, columns } = options;
  const paint = live && options.colours ? colour : plain;
  const active = new Map<string, { title: string; began: number; detail: string }>();
  let timer: NodeJS.Timeout | undefined;
  let interrupted = "";

  const erase = () => {
    if (live) output.write("\r\x1b[K");
  };
  const print = (line: string) => {
    erase();
    output.write(`${line}\n`);
    draw();
  };
  const draw = () => {
    if (!live || active.size === 0) return;
    const parts = [...active.values()].map(({ title, began, detail }) => {
      const elapsed = duration(performance.now() - began);
      return `${title}, ${elapsed}${detail ? `: ${detail}` : ""}`;
    });
    erase();
    output.write(printable(`  ... ${parts.join(" | ")}`).slice(0, columns() - 1));
  };
  const start = (id: string, title: string) => {
    active.set(id, { title, began: performance.now(), detail: "" });
    if (live) timer ??= setInterval(draw, redrawMs);
    draw();
  };
  const detail = (id: string, text: string) => {
    const item = active.get(id);
    if (item) item.detail = text;
  };
  const say = (line: string, status = "") => print(paint(status, printable(line)));
  const finish = (id: string, line: string, status = "") => {
    active.delete(id);
    if (active.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    say(line, status);
  };

  // Whoever reads the output may go, as `head` does: the run and the other reports do not depend on it.
  output.on("error", () => {});

  return { name: "terminal", on };

  function on(event: RunEvent): void {
    switch (event.type) {
      case "run-started":
        say(`${event.scenario}: ${event.title}`);
        break;
      case "variant-started":
        say("");
        say(`variant ${event.index} of ${event.count}: ${event.variant}: ${event.title}`);
        break;
      case "variant-finished":
        say(row(event.durationMs, `variant ${event.variant}`));
        break;
      case "interrupted":
        interrupted = event.reason;
        say(`  ${event.reason}: tearing down, which takes a few seconds ...`);
        break;
      case "note":
        say(`  ${event.text}`);
        break;
      case "phase-started":
        if (shownPhases.has(event.phase)) start(event.phase, event.title);
        break;
      case "phase-finished":
        if (active.has(event.phase)) finish(event.phase, row(event.durationMs, event.title));
        break;
      case "step-started":
        start(event.id, event.title);
        break;
      case "step-progress":
        detail(event.id, event.text);
        break;
      case "step-finished":
        finish(event.id, row(event.durationMs, event.title));
        break;
      case "step-failed":
        finish(event.id, `${row(event.durationMs, event.title)}: ${ended(event.message)}`, "fail");
        break;
      case "provision":
        onProvision(event.event);
        break;
      case "run-finished":
        clearInterval(timer);
        active.clear();
        for (const line of summaryLines(allPrintable(event.result), event.out, paint)) print(line);
    }
  }

  function onProvision(event: Extract<RunEvent, { type: "provision" }>["event"]): void {
    const id = `provision ${event.task.id}`;
    switch (event.type) {
      case "task-started":
        if (!live) say(`  ${event.task.title} ...`);
        start(id, event.task.title);
        break;
      case "task-output":
        detail(id, event.line);
        break;
      case "task-waiting":
        detail(id, event.reason);
        if (!live) say(`  ${event.task.title}: ${event.reason}`);
        break;
      case "task-finished":
        finish(id, row(event.durationMs, `${event.task.title}${event.cached ? " (cached)" : ""}`));
        break;
      case "task-failed":
        finish(id, `${row(event.durationMs, event.task.title)}: FAILED: ${event.message}`);
    }
  }

  /** A step that somebody interrupted has not failed. */
  function ended(message: string): string {
    return interrupted && message === interrupted ? "interrupted" : `FAILED: ${message}`;
  }

  function row(ms: number, title: string): string {
    return `  ${duration(ms).padStart(7)}  ${title}`;
  }
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

/** A result whose every text may be printed as it is, before colours come to it. */
function allPrintable(result: RunResult): RunResult {
  return JSON.parse(JSON.stringify(result), (_key, value: unknown) =>
    typeof value === "string" ? value.split("\n").map(printable).join("\n") : value,
  );
}

/** What guests and builds print may hold anything; a terminal must not act on it. */
function printable(line: string): string {
  return stripVTControlCharacters(line)
    .replace(/\t/g, "  ")
    .replace(/\p{Cc}/gu, "\u{fffd}");
}
