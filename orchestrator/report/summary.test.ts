// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { reportPage } from "./html/run/page.ts";
import { junitXml } from "./junit.ts";
import { mailText } from "./mail.ts";
import { resultSchema } from "./result.ts";
import { duration, summaryLines } from "./summary.ts";
import { failingRun, followedRun, knownBugRun, passingRun, skippedRun } from "./testing/samples.ts";

test("the failure and its evidence stand at the end, right above the verdict", () => {
  const lines = summaryLines(failingRun(), "/out");
  const at = (text: string) => lines.findIndex((line) => line.includes(text));
  expect(at("Checks: 1 passed, 1 failed, 18 skipped")).toBe(1);
  expect(at("FAIL check-1: ")).toBeGreaterThan(at("Metrics"));
  expect(at("pci_endpoint_test.c:12")).toBeGreaterThan(at("FAIL check-1: "));
  expect(at("host VM: oops")).toBeGreaterThan(at("pci_endpoint_test.c:12"));
  expect(lines.slice(-5)).toEqual([
    "",
    "FAIL remote-edma in 80 s, exit status 1",
    "again:  npm run scenario remote-edma",
    expect.stringMatching(/^fingerprint: [0-9a-f]{12}$/),
    "report: /out/report.html",
  ]);
});

test("checks are a table: status, id, measured, expected", () => {
  const lines = summaryLines(passingRun(), "/out");
  expect(lines[2]).toBe("  pass  check-0   0 Mb/s   expected at least 0");
  expect(lines[12]).toBe("  pass  check-10  10 Mb/s  expected at least 0");
});

test("a value of several lines keeps its row, and is told in full where it failed", () => {
  const run = failingRun();
  const checks = run.checks.map((check) => ({
    ...check,
    ...{ measured: "status 1: one\ntwo", expected: "a\nb", unit: "" },
    reason: check.reason.replace("too slow", "first\nsecond"),
  }));
  const lines = summaryLines({ ...run, checks }, "/out");
  expect(lines.every((line) => !line.includes("\n"))).toBe(true);
  const row = lines.find((line) => line.startsWith("  FAIL  check-1 "));
  expect(row).toBe(String.raw`  FAIL  check-1   status 1: one\ntwo  expected a\nb`);
  const at = lines.findIndex((line) => line.startsWith("FAIL check-1: "));
  expect(lines.slice(at + 1, at + 6)).toEqual([
    "  first",
    expect.stringMatching(/^ {2}second <\/script>/),
    "  measured status 1: one",
    "  two, expected a",
    "  b",
  ]);
});

test("a run on a patched kernel says so and by what, also where it has passed", () => {
  const run = passingRun();
  const patched = {
    ...run,
    versions: { ...run.versions, kernelPatches: "epf-stale-bound, my.mbox" },
  };
  const said = "on the kernel: epf-stale-bound, my.mbox";
  expect(summaryLines(patched, "/out")).toContain(said);
  expect(summaryLines(run, "/out").join()).not.toContain("on the kernel");
  expect(mailText(patched)).toContain("kernelPatches: epf-stale-bound, my.mbox");
  expect(junitXml([patched])).toContain(
    'name="version.kernelPatches" value="epf-stale-bound, my.mbox"',
  );
  expect(reportPage({ result: patched, consoles: [], out: "/out" })).toContain("kernelPatches");
});

test("figures that were taken beside other runs are marked in every report", () => {
  const run = passingRun({ jobs: 4 });
  const marked = "by the wall clock, beside other runs, 4 at a time";
  expect(summaryLines(run, "/out")).toContain(
    `Metrics (medians of samples; times and rates ${marked})`,
  );
  expect(mailText(run).replace(/\s+/g, " ")).toContain(marked);
  expect(junitXml([run])).toContain('<property name="jobs" value="4"/>');
  expect(junitXml([passingRun()])).not.toContain('name="jobs"');
  const page = reportPage({ result: run, consoles: [], out: "/out" });
  expect(page.split(marked).length - 1).toBeGreaterThanOrEqual(3);
  expect(resultSchema.safeParse(run).success).toBe(true);
  // Alone is not one of one.
  expect(resultSchema.safeParse({ ...run, jobs: 1 }).success).toBe(false);
});

test("figures are told to be of the wall clock", () => {
  expect(summaryLines(passingRun(), "/out")).toContain(
    "Metrics (medians of samples; times and rates by the wall clock)",
  );
});

test("of very many checks those that passed are only counted", () => {
  const run = passingRun();
  const [check] = run.checks;
  if (!check) throw new Error("a run has checks");
  const checks = Array.from({ length: 60 }, (_, index) => ({ ...check, id: `c${index}` }));
  checks[7] = { ...check, id: "bad", status: "fail", reason: "why" };
  const lines = summaryLines({ ...run, checks }, "/out");
  expect(lines.slice(1, 4)).toEqual([
    "Checks: 59 passed, 1 failed, 0 skipped",
    "  FAIL  bad  0 Mb/s  expected at least 0",
    "",
  ]);
});

test.each([
  [900, "0.9 s"],
  [12_345, "12 s"],
  [1_620_000, "27 min"],
])("%i ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("a failure that was expected is told as one, and is none", () => {
  const text = summaryLines(knownBugRun(), "/out").join("\n");
  expect(text).toContain("Checks: 1 passed, 0 failed, 18 skipped, 1 failed as expected");
  expect(text).toContain("Ping 50 times (expected): host VM: oops");
  expect(text).toMatch(
    /\nPASS remote-edma in 80 s, exit status 0\nremote-edma failed as expected \(console: NULL pointer, see https:\/\/bugs\.example\/1\)\nreport: /,
  );
});

test("a scenario that was not run says why, and no more", () => {
  const { checks } = failingRun();
  expect(summaryLines({ ...skippedRun(), checks: checks.slice(2) }, "/out")).toEqual([
    "",
    "SKIP remote-edma in 80 s, exit status 0",
    "not run: the endpoint's kernel has no BAR subranges",
    "report: /out/report.html",
  ]);
});

test("what followed a complaint is told with its own evidence", () => {
  const lines = summaryLines(followedRun(), "/out");
  const at = lines.findIndex((line) => line.startsWith("followed by: "));
  expect(lines[at]).toBe(
    "followed by: host VM: oops: Unable to handle kernel paging request, in ntb_epf_spad_write",
  );
  expect(lines[at + 2]).toContain("drivers/ntb/hw/epf/ntb_hw_epf.c:123");
});

test("below a failure stands what else the kernels said, and nothing of it where all is well", () => {
  const run = followedRun();
  const lines = summaryLines(run, "/out");
  const at = lines.indexOf("endpoint VM: 2 messages at warning level or above since it booted:");
  expect(lines.slice(at + 1, at + 6)).toEqual([
    "    | warning [    0.021000] cacheinfo: no hierarchy",
    "    | err     [    5.120000] pci_epf_vntb.0: MSI-X configuration failed",
    "",
    "host VM: 0 messages at warning level or above since it booted:",
    "  its log has lost its beginning",
  ]);
  const { kernelLogs } = run;
  expect(summaryLines({ ...passingRun(), kernelLogs }, "/out").join()).not.toContain("cacheinfo");
});
