// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { mailText, wrapped } from "./mail.ts";
import { failingRun, followedRun, knownBugRun, passingRun, skippedRun } from "./testing/samples.ts";

test("has all that a reader of a list needs, in lines of less than 80 columns", () => {
  const command = `npm run scenario remote-edma -- --kernel ${"v7.3-rc1 ".repeat(12)}--timeout-scale 3`;
  const text = mailText({ ...failingRun(), reproduce: command });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(80);
  expect(text).toContain("[FAIL] remote-edma: ");
  expect(text).toContain("Ping 50 times: host VM: oops: Unable to handle kernel NULL pointer");
  expect(text).toContain("  |  ntb_transport_edma_submit+0x1c/0x80");
  expect(text).toContain("  kernelConfig: 5b1c9c0f22aa");
  expect(text).toMatch(/^Fingerprint: [0-9a-f]{12}$/m);
  const given = text.slice(text.indexOf("To reproduce:\n") + 14, text.indexOf("\nFingerprint"));
  const broken = given.split("\n").slice(0, -1);
  expect(broken.length).toBeGreaterThan(0);
  expect(broken.every((line) => line.endsWith(" \\"))).toBe(true);
  expect(given.replaceAll("\\\n", " ").replace(/\s+/g, " ").trim()).toBe(
    command.replace(/\s+/g, " "),
  );
});

test("is plain text: no control characters, whatever a guest printed", () => {
  const run = failingRun();
  const lines = ["\u001b[31mred\u0007 tab\there"];
  const failure = { phase: "boot", message: "a\nb\u0000c", excerpt: [{ title: "t", lines }] };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(mailText({ ...run, failure })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028]/);
});

test("a run that passed is told in a few lines", () => {
  expect(mailText(passingRun())).toMatch(/^\[PASS\] remote-edma: .*\n.*\n.*20 passed, 0 failed/);
});

test("what the kernels could not have seen is told of a run that passed, too", () => {
  const unseen = ["leaks", "sleeping in atomic context"];
  expect(mailText(passingRun({ unseen })).replaceAll("\n", " ")).toContain(
    "Not looked for, and so not seen on these kernels: leaks; sleeping in atomic context.",
  );
  expect(mailText(passingRun())).not.toContain("Not looked for");
});

test("a word longer than a line is cut, nothing is lost", () => {
  const word = "x".repeat(200);
  expect(wrapped(word).join("")).toBe(word);
});

test("a long line of a log is kept whole", () => {
  const run = failingRun();
  const line = `  at ${"0123456789".repeat(20)} end`;
  const failure = { phase: "boot", message: "m", excerpt: [{ title: "t", lines: [line] }] };
  const lines = mailText({ ...run, checks: [], failure }).split("\n");
  const from = lines.indexOf("t:") + 1;
  expect(lines[from]).toMatch(/^ {2}\| {3}at 0123456789/);
  const joined = lines.slice(from, from + 3).map((text, index) => text.slice(index === 0 ? 4 : 8));
  expect(joined.join("")).toBe(line);
});

test("a failure that was expected, and a run that was not made, are told as such", () => {
  const text = mailText(knownBugRun());
  expect(text).toContain("[PASS] remote-edma");
  expect(text).toContain("It failed as expected (console: NULL pointer,");
  expect(text).toContain("ntb_transport_edma_submit");
  expect(text).not.toContain("Fingerprint");
  expect(mailText(skippedRun())).toContain("Not run: the endpoint's kernel has no BAR subranges");
});

test("what followed a complaint is told with its own evidence", () => {
  const text = mailText(followedRun());
  expect(text).toMatch(
    /\nFollowed by host VM: oops: Unable to handle[\s\S]*?\n {2}\| pc : ntb_epf_spad/,
  );
});

test("what else the kernels said is told line by line", () => {
  const text = mailText(followedRun());
  expect(text).toContain(
    "\nendpoint VM: 2 messages at warning level or above since it booted:\n  | warning [    0.021000] cacheinfo",
  );
});
