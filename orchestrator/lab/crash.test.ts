// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { unknownComplaint } from "./crash.ts";

const lines = [
  "booting",
  "WARNING: possible circular locking dependency detected",
  "irq/15-pciehp/31 is trying to acquire lock:",
  " pciehp_configure_device+0x3c/0x21c",
  "pci 0000:01:00.0: BAR 0",
  "WARNING: drivers/x.c:5 at f+0x1/0x2",
  "Call trace:",
  " ntb_transport_rx+0x1/0x2",
  "---[ end trace 0000000000000000 ]---",
  "pciehp again",
].map((text) => ({ text }));

const known = (pattern: RegExp) => (_role: string, said: readonly string[]) =>
  said.some((line) => pattern.test(line));

test("a complaint is known by any of its lines", () => {
  expect(unknownComplaint("host", lines, known(/pciehp_configure_device/))?.index).toBe(5);
  expect(unknownComplaint("host", lines, known(/pciehp_conf|ntb_transport_rx/))).toBeUndefined();
});

test("but not by the lines of another one, nor by what comes behind its trace", () => {
  expect(unknownComplaint("host", lines, known(/drivers\/x/))?.index).toBe(1);
  expect(unknownComplaint("host", lines, known(/pciehp again/))?.index).toBe(1);
});

test("from a line on", () => {
  expect(unknownComplaint("host", lines, known(/nothing/), 6)).toBeUndefined();
});
