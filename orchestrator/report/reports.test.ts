// SPDX-License-Identifier: MIT
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "./events.ts";
import { junitXml, xml } from "./junit.ts";
import { type RunResult, resultSchema } from "./result.ts";
import { duration, figure, summaryLines } from "./summary.ts";
import { terminalReporter } from "./terminal.ts";

const result: RunResult = resultSchema.parse({
  schema: 1,
  scenario: "small",
  title: "A <small> scenario",
  verdict: "fail",
  exitStatus: 1,
  accelerator: "tcg",
  versions: { kernel: "7.3.4" },
  started: "2026-11-22T10:00:00.000Z",
  durationMs: 12_345,
  phases: [{ name: "boot", durationMs: 4000 }],
  steps: [
    { id: "ping", kind: "ping", title: "Ping", status: "done", startMs: 1, durationMs: 900 },
    { id: "tcp", kind: "iperf3", title: "TCP", status: "failed", startMs: 2, durationMs: 1 },
  ],
  checks: [
    {
      id: "loss",
      title: "no loss",
      status: "pass",
      measured: 0,
      expected: 0,
      unit: "lost",
      reason: "",
    },
    {
      id: "tcp",
      title: "TCP",
      status: "fail",
      measured: "5",
      expected: "9",
      unit: "",
      reason: 'a "bad" & slow run',
    },
    {
      id: "late",
      title: "late",
      status: "skip",
      measured: null,
      expected: null,
      unit: "",
      reason: "not run",
    },
  ],
  metrics: [{ name: "rtt", unit: "ms", samples: [1, 2, 3], median: 2 }],
  failure: {
    phase: "TCP",
    message: "host VM: oops: <bad>",
    excerpt: [
      { title: "console", lines: ["line\u0007 1", "line 2"], file: "/out/host-console.log" },
    ],
  },
});

describe("junit.xml", () => {
  const text = junitXml(result);
  test("counts checks, and the failure of the run as a case of its own", () => {
    expect(text).toContain('tests="4" failures="2" errors="0" skipped="1" time="12.345"');
    expect(text.match(/<testcase /g)).toHaveLength(4);
    expect(text).toContain('<skipped message="not run"/>');
  });
  test("is well-formed whatever a guest has printed", () => {
    expect(text).toContain('message="a &quot;bad&quot; &amp; slow run"');
    expect(text).toContain("line\u{fffd} 1");
    expect(xml("\u001b[31mred\u0000")).toBe("\u{fffd}[31mred\u{fffd}");
  });
});

describe("the terminal", () => {
  const events: RunEvent[] = [
    { type: "run-started", scenario: "small", title: "A small scenario", out: "/out" },
    { type: "note", text: "accelerator: software emulation" },
    { type: "step-started", id: "ping", title: "Ping" },
    { type: "step-progress", id: "ping", text: "half" },
    { type: "step-finished", id: "ping", title: "Ping", durationMs: 900, evidence: {} },
    { type: "run-finished", result, out: "/out", consoles: [] },
  ];

  function told(live: boolean): string {
    let text = "";
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        text += String(chunk);
        done();
      },
    });
    const reporter = terminalReporter({ output, live, columns: () => 80 });
    for (const event of events) reporter.on(event);
    return text;
  }

  test("gets plain lines when it is none", () => {
    const text = told(false);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text).toContain("  0.9 s  Ping\n");
    expect(text).toContain("FAIL small in 12 s, exit status 1\n");
  });

  test("gets a live line that is erased again", () => {
    expect(told(true)).toContain("\r\x1b[K  ... Ping, 0.0 s");
  });
});

test("the summary begins with the failure and its evidence", () => {
  expect(summaryLines(result, "/out").slice(0, 6)).toEqual([
    "",
    "TCP: host VM: oops: <bad>",
    "  console:",
    "    | line\u0007 1",
    "    | line 2",
    "    whole log: /out/host-console.log",
  ]);
});

test.each([
  [900, "0.9 s"],
  [12_345, "12 s"],
])("%i ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [268_435_456, "268435456"],
  [1.61803, "1.62"],
  [0.0461, "0.0461"],
  [50, "50"],
])("%d is shown as %s", (value, text) => {
  expect(figure(value)).toBe(text);
});
