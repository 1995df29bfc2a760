// SPDX-License-Identifier: MIT
import { basename } from "node:path";
import { expect, test } from "vitest";
import {
  directPcap,
  guestPcap,
  isCapture,
  isVmFile,
  tracedRole,
  traceFile,
  vmFiles,
} from "./run-files.ts";

test.each([
  ...Object.values(vmFiles("host", "/out")),
  ...Object.values(vmFiles("kvm-trial", "/out")),
  traceFile("endpoint", "/out").replace("%d", "4711"),
  guestPcap("host", "/out", 1),
  guestPcap("host", "/out", 12),
  directPcap("/out"),
])("%s is a file that a VM leaves", (file) => {
  expect(isVmFile(basename(file))).toBe(true);
});

test.each([
  ...["host-uplink.pcap", "host-.pcap", "guest.pcap", "my-host-console.log", "host-trace.%d.log"],
  ...["host-trace.log", "console.log", "host-console.log.1", ""],
])("%j is somebody else's", (name) => {
  expect(isVmFile(name)).toBe(false);
});

test("packets and traces are told from the rest", () => {
  expect(["host.pcap", "endpoint-2.pcap", "direct.pcap"].every(isCapture)).toBe(true);
  expect(isCapture("host-console.log")).toBe(false);
  expect(tracedRole("endpoint-trace.7.log")).toBe("endpoint");
  expect(tracedRole("endpoint-console.log")).toBeUndefined();
});
