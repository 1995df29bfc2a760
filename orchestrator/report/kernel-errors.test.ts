// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { junitXml } from "./junit.ts";
import { kernelErrorLines } from "./kernel-errors.ts";
import { ktap } from "./ktap.ts";
import { mailText } from "./mail.ts";
import type { KernelLog, RunResult } from "./result.ts";
import { summaryLines } from "./summary.ts";
import { passingRun } from "./testing/samples.ts";

const known = "two devices have no such thing";
const failed = "pci_epf_test pci_epf_test.0: MSI-X configuration failed";
const endpoint: KernelLog = {
  role: "endpoint",
  lines: [
    { level: "warning", text: "[    0.021000] cacheinfo: no hierarchy" },
    { level: "err", text: `[    5.120000] ${failed}`, step: "configure-function" },
    { level: "err", text: `[    9.340000][   T7] ${failed}`, step: "ping" },
    { level: "crit", text: "[    9.500000] thermal: 88 degrees", known },
    { level: "crit", text: "[    9.600000] thermal: 89 degrees", known },
  ],
};
const quiet: KernelLog = { role: "host", lines: [{ level: "warning", text: "[ 1.0] careful" }] };

function run(kernelLogs: KernelLog[], more: Partial<RunResult> = {}): RunResult {
  const step = { kind: "shell", status: "done", startMs: 0, durationMs: 1 } as const;
  const steps = [{ ...step, id: "configure-function", title: "Configure the function" }];
  return { ...passingRun(), steps, kernelLogs, ...more };
}

const told = [
  "endpoint VM: 4 messages at error level, 2 of them known:",
  `  ${failed} (2 times), first in "Configure the function"`,
  `  thermal: 88 degrees (2 times); known: ${known}`,
];

test("errors are told by machine, folded, with their count, the step, and the reason of known ones", () => {
  expect(kernelErrorLines(run([endpoint, quiet]))).toEqual(told);
});

test("a log that could not be read in full is told: it is not one without errors", () => {
  expect(kernelErrorLines(run([{ ...quiet, note: "its log has lost its beginning" }]))).toEqual([
    "host VM: its log has lost its beginning",
  ]);
});

test("of very many different ones the first are told, and how many there are", () => {
  const words = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
  const lines = words.map((text) => ({ level: "err" as const, text }));
  const lots = kernelErrorLines(run([{ role: "host", lines }]));
  expect(lots).toHaveLength(10);
  expect(lots.at(-1)).toBe("  and 2 others, which are in report.html");
});

test("a run that passed tells of them on the terminal, in a mail, to CI and in KTAP", () => {
  const result = run([endpoint, quiet]);
  expect(summaryLines(result, "/out")).toEqual(
    expect.arrayContaining(["Kernel errors", ...told.map((line) => `  ${line}`)]),
  );
  expect(mailText(result)).toContain(`${told[0]}\n  pci_epf_test pci_epf_test.0: MSI-X`);
  expect(junitXml([result])).toMatch(/<system-err>endpoint VM: 4 [\s\S]*\(2 times\), first/);
  expect(ktap(result)).toContain(`# ${told[0]}\n# ${told[1]}\n`);
  for (const text of [mailText, (of: RunResult) => junitXml([of]), ktap])
    expect(text(run([quiet]))).not.toMatch(/error level|system-err/);
});

test("with variants each tells of its own", () => {
  const variants = [
    { name: "six", title: "", verdict: "pass" as const },
    { name: "two", title: "", verdict: "pass" as const },
  ];
  const result = run([{ ...endpoint, variant: "two" }], { variants, checks: [] });
  expect(ktap(result).split("\n").slice(-7, -3)).toEqual([
    "  KTAP version 1",
    "  1..0",
    `  # two: ${told[0]}`,
    `  # ${told[1]}`,
  ]);
  const [, six = "", two = ""] = junitXml([result]).split(/<testsuite name="remote-edma\.\w+/);
  expect([six.includes("system-err"), two.includes("system-err")]).toEqual([false, true]);
});
