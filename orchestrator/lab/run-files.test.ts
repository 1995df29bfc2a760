// SPDX-License-Identifier: MIT
import { basename } from "node:path";
import { expect, test } from "vitest";
import {
  directPcap,
  guestPcap,
  isCapture,
  isVmFile,
  machinesAmong,
  tracedMachine,
  traceFile,
  vmFiles,
} from "./run-files.ts";

const pair = ["host", "endpoint"];
const captured = (name: string) => isCapture(name, pair);

test.each([
  ...Object.values(vmFiles("host", "/out")),
  ...Object.values(vmFiles("kvm-trial", "/out")),
  traceFile("endpoint", "/out").replace("%d", "4711"),
  guestPcap("host", "/out", 1),
  guestPcap("host", "/out", 12),
  directPcap("/out"),
])("%s is a file that a VM leaves", (file) => {
  expect(isVmFile(basename(file), pair)).toBe(true);
});

test.each([
  ...["host-uplink.pcap", "host-.pcap", "guest.pcap", "my-host-console.log", "host-trace.%d.log"],
  ...["host-trace.log", "console.log", "host-console.log.1", ""],
])("%j is somebody else's", (name) => {
  expect(isVmFile(name, pair)).toBe(false);
});

test("packets and traces are told from the rest", () => {
  expect(["host.pcap", "endpoint-2.pcap", "direct.pcap"].every(captured)).toBe(true);
  expect(captured("host-console.log")).toBe(false);
  expect(tracedMachine("endpoint-trace.7.log")).toBe("endpoint");
  expect(tracedMachine("endpoint-console.log")).toBeUndefined();
});

test("of which machines files are, their QEMUs' command lines tell", () => {
  const names = ["host-qemu.sh", "left-qemu.sh", "right-console.log", "qemu.sh"];
  expect(machinesAmong(names)).toEqual(["host", "left"]);
  expect(isVmFile("left-trace.7.log", ["host", "left"])).toBe(true);
  expect(isVmFile("right-trace.7.log", ["host", "left"])).toBe(false);
});
