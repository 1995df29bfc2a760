// SPDX-License-Identifier: MIT
import { stripVTControlCharacters } from "node:util";
import type { Reporter, RunEvent } from "./events.ts";
import type { RunResult } from "./result.ts";
import type { Screen } from "./screen.ts";
import { duration, summaryLines } from "./summary.ts";

/** Those beside the steps for which one waits. */
const shownPhases: ReadonlySet<string> = new Set(["boot", "leaks", "teardown"]);

/** Tells of a run on a screen as it goes. Each of its lines begins with `head`, which tells it from others beside it. */
export function terminalReporter(screen: Screen, head = ""): Reporter {
  const { live, paint } = screen;
  const active = new Map<string, { title: string; began: number; detail: string }>();
  let interrupted = "";

  const print = (line: string) => screen.print(`${head}${line}`.trimEnd());
  const liveLine = () => {
    const parts = [...active.values()].map(({ title, began, detail }) => {
      const elapsed = duration(performance.now() - began);
      return `${title}, ${elapsed}${detail ? `: ${detail}` : ""}`;
    });
    return parts.length === 0 ? undefined : printable(`${head}  ... ${parts.join(" | ")}`);
  };
  const start = (id: string, title: string) => {
    active.set(id, { title, began: performance.now(), detail: "" });
    screen.show(liveLine);
  };
  const detail = (id: string, text: string) => {
    const item = active.get(id);
    if (item) item.detail = text;
  };
  const say = (line: string, status = "") => print(paint(status, printable(line)));
  const finish = (id: string, line: string, status = "") => {
    active.delete(id);
    if (active.size === 0) screen.hide(liveLine);
    say(line, status);
  };

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
        active.clear();
        screen.hide(liveLine);
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
