// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeCaptures } from "./capture.ts";
import { directPcap, guestPcap, vmFiles } from "./run-files.ts";

test("only a run's own captures go, not what a person has in the directory", async () => {
  const out = mkdtempSync(join(tmpdir(), "capture-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const own = [directPcap(out), guestPcap("host", out, 1), guestPcap("endpoint", out, 12)];
  const foreign = ["host-uplink.pcap", "mine.pcap", "my-host.pcap"];
  for (const file of own) writeFileSync(file, "");
  for (const name of foreign) writeFileSync(join(out, name), "");
  expect(readdirSync(out)).toContain(basename(guestPcap("endpoint", out, 12)));
  await removeCaptures(out, ["host", "endpoint"]);
  expect(readdirSync(out).sort()).toEqual(foreign);
});

test("with them go those of an earlier run's machines that this one does not have", async () => {
  const out = mkdtempSync(join(tmpdir(), "capture-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const { script } = vmFiles("left", out);
  for (const file of [script, guestPcap("left", out, 1)]) writeFileSync(file, "");
  await removeCaptures(out, ["host", "endpoint"]);
  expect(readdirSync(out)).toEqual([basename(script)]);
});
