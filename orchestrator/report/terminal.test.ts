// SPDX-License-Identifier: MIT
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { RunEvent } from "./events.ts";
import { Screen } from "./screen.ts";
import { summaryLines } from "./summary.ts";
import { terminalReporter } from "./terminal.ts";
import { failingRun } from "./testing/samples.ts";

const events: RunEvent[] = [
  { type: "run-started", scenario: "small", title: "A small scenario", out: "/out" },
  { type: "note", text: "accelerator: software emulation" },
  { type: "variant-started", variant: "six", title: "six BARs", index: 1, count: 2 },
  { type: "step-started", id: "ping", title: "Ping", variant: "six" },
  { type: "step-progress", id: "ping", text: "half\u001b]0;owned\u0007" },
  { type: "step-finished", id: "ping", title: "Ping", durationMs: 900, evidence: {} },
  { type: "step-started", id: "tcp", title: "TCP" },
  { type: "interrupted", reason: "interrupted by SIGINT" },
  {
    type: "step-failed",
    id: "tcp",
    title: "TCP",
    durationMs: 100,
    message: "interrupted by SIGINT",
  },
  { type: "run-finished", result: broken(), out: "/out", consoles: [] },
];

function broken() {
  const run = failingRun();
  const lines = ["\u001b[2Jcleared\u0007"];
  const failure = { phase: "boot", message: "two\nlines", excerpt: [{ title: "t", lines }] };
  return { ...run, failure };
}

function told(options: { live: boolean; colours?: boolean }): string {
  let text = "";
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  const reporter = terminalReporter(new Screen({ output, columns: () => 80, ...options }));
  for (const event of events) reporter.on(event);
  return text;
}

test("without a terminal there are plain lines", () => {
  const text = told({ live: false, colours: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(text).toContain("\nvariant 1 of 2: six: six BARs\n");
  expect(text).toContain("  0.9 s  Ping\n");
  expect(text).toContain("    | cleared\u{fffd}\n");
  expect(text).toContain("FAIL remote-edma in 80 s, exit status 1\n");
});

test("an interrupted run says at once that it ends the VMs", () => {
  expect(told({ live: false })).toContain(
    "  interrupted by SIGINT: tearing down, which takes a few seconds ...\n",
  );
});

test("a step that was interrupted is not said to have failed", () => {
  expect(told({ live: false })).toContain("  0.1 s  TCP: interrupted\n");
  const result = { ...failingRun(), verdict: "error" as const, exitStatus: 130 };
  expect(summaryLines(result, "/out")).toContain(
    "INTERRUPTED remote-edma in 80 s, exit status 130",
  );
});

test("on a terminal a live line tells what is going on and for how long, and is erased again", () => {
  const text = told({ live: true });
  expect(text).toContain("\r\x1b[K  ... Ping, 0.0 s");
  expect(text).toContain("\r\x1b[K    0.9 s  Ping\n");
});

test("colours are the only control sequences that reach a terminal, besides erasing a line", () => {
  const text = told({ live: true, colours: true });
  expect(text).toContain("\u001b[31mFAIL\u001b[39m remote-edma in 80 s");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may be there
  const rest = text.replace(/\r\u001b\[K|\u001b\[3\d?m|\u001b\[39m/g, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(rest).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});
