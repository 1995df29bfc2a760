// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { machineFacts } from "./machine-facts.ts";

test("a device is usable, missing, or there for others only", () => {
  const directory = mkdtempSync(join(tmpdir(), "machine-facts-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const device = join(directory, "kvm");
  expect(machineFacts(device)).toEqual({ architecture: process.arch, kvmDevice: "missing" });
  writeFileSync(device, "");
  expect(machineFacts(device).kvmDevice).toBe("usable");
  // Who may do everything meets no device that he may not open: what leads in a circle stands for one.
  symlinkSync("circle", join(directory, "circle"));
  expect(machineFacts(join(directory, "circle")).kvmDevice).toBe("not permitted");
});
