// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  inspectionArguments,
  inspectionKernelArguments,
  inspectionSockets,
  noInspection,
} from "./inspection.ts";
import { kvmHindrance } from "./machine-facts.ts";
import { type QmpClient, QmpError } from "./qmp.ts";
import { enableTrace, removeTraceLogs, traceEvents, traceLogs } from "./trace.ts";

const places = { directory: "/run/lab", out: "/out", writesDirect: true };

test("QEMU is told nothing where nobody wants to look in", () => {
  expect(inspectionArguments("host", noInspection, places)).toEqual([]);
  expect(inspectionKernelArguments("host", noInspection)).toEqual(["panic=-1"]);
});

test("VMs that stay have a monitor, and their kernels stand still after a panic", () => {
  const { monitor } = inspectionSockets("endpoint", "/run/lab");
  expect(inspectionArguments("endpoint", { keep: true }, places)).toEqual([
    ...["-chardev", `socket,id=monitor,path=${monitor},server=on,wait=off`],
    ...["-mon", "chardev=monitor,mode=readline"],
  ]);
  expect(inspectionKernelArguments("endpoint", { keep: true })).toEqual(["panic=0"]);
});

test("the VM that waits for gdb is the one that was named; its kernel stays where it was linked", () => {
  const gdb = { keep: false, gdb: "host" } as const;
  const { gdb: socket } = inspectionSockets("host", "/run/lab");
  expect(inspectionArguments("host", gdb, places)).toEqual([
    ...["-S", "-gdb", `unix:${socket},server=on,wait=off`],
  ]);
  expect(inspectionArguments("endpoint", gdb, places)).toEqual([]);
  expect(inspectionKernelArguments("host", gdb)).toEqual(["panic=0", "nokaslr"]);
  expect(inspectionKernelArguments("endpoint", gdb)).toEqual(["panic=-1"]);
});

test("traces go to a file of each VM, packets of the cable to one", () => {
  const trace = { keep: false, trace: ["dwc_*"] };
  expect(inspectionArguments("host", trace, places)[1]).toMatch(/^\/out\/host/);
  expect(inspectionArguments("endpoint", trace, places)[1]).toMatch(/^\/out\/endpoint/);
  expect(inspectionArguments("host", { keep: false, trace: [] }, places)).toEqual([]);
  const pcap = { keep: false, pcap: true };
  expect(inspectionArguments("host", pcap, places)).toEqual([
    ...["-object", expect.stringMatching(/^filter-dump,id=dump,netdev=direct,file=\/out\//)],
  ]);
  expect(inspectionArguments("host", pcap, { ...places, writesDirect: false })).toEqual([]);
});

test("trace events are enabled by pattern in their order, once the devices have registered theirs", async () => {
  const asked: [string, object][] = [];
  const qmp = {
    execute: async (command: string, given: { name?: string }) => {
      asked.push([command, given]);
      if (given.name === "none") throw new QmpError('QMP x: unknown event "none"');
      if (given.name === "odd") throw new QmpError("QMP x: the connection ended");
      return command === "trace-event-get-state" && given.name !== "dwc_x" ? [{ name: "a" }] : [];
    },
  } as unknown as QmpClient;
  await enableTrace(qmp, ["dwc_*", "!dwc_link_send"]);
  // Which loads the devices' library, that brings their events.
  expect(asked[0]).toEqual(["device-list-properties", { typename: "dwc-pcie-function" }]);
  expect(asked.filter(([command]) => command === "trace-event-set-state")).toEqual([
    ["trace-event-set-state", { name: "dwc_*", enable: true }],
    ["trace-event-set-state", { name: "dwc_link_send", enable: false }],
  ]);
  for (const pattern of ["dwc_x", "!none"]) {
    await expect(enableTrace(qmp, [pattern])).rejects.toThrow(
      `no trace event matches "${pattern.replace("!", "")}"`,
    );
  }
  await expect(enableTrace(qmp, ["odd"])).rejects.toThrow("the connection ended");
});

test("logs of traces are told apart from other files, read line by line, and removed before a run", async () => {
  const directory = mkdtempSync(join(tmpdir(), "trace-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const option = inspectionArguments(
    "host",
    { keep: false, trace: ["x"] },
    { ...places, out: directory },
  );
  const path = (option[1] ?? "").replace("%d", "17");
  writeFileSync(path, "17@1.500000:dwc_iatu_write index 3\nwarning\n17@2.000000:dwc_edma_reset\n");
  writeFileSync(join(directory, "host-console.log"), "");
  const others = ["endpoint-trace.9.log", "host-trace.5.log"].map((name) => join(directory, name));
  for (const other of others) writeFileSync(other, "");
  expect(await traceLogs(directory)).toEqual([
    { machine: "endpoint", path: others[0] },
    { machine: "host", path },
    { machine: "host", path: others[1] },
  ]);
  const events = [];
  for await (const event of traceEvents(path)) events.push(event);
  expect(events).toEqual([
    { at: 1500, name: "dwc_iatu_write", text: "dwc_iatu_write index 3" },
    { at: 2000, name: "dwc_edma_reset", text: "dwc_edma_reset" },
  ]);
  // A machine that an earlier run had, and this one does not.
  for (const name of ["left-qemu.sh", "left-trace.7.log"]) writeFileSync(join(directory, name), "");
  await removeTraceLogs(directory, ["host"]);
  const left = ["endpoint-trace.9.log", "host-console.log", "left-qemu.sh"];
  expect(readdirSync(directory).sort()).toEqual(left);
});

test("KVM is for Arm machines with a device that may be opened", () => {
  expect(kvmHindrance({ architecture: "arm64", kvmDevice: "usable" })).toBeUndefined();
  expect(kvmHindrance({ architecture: "arm64", kvmDevice: "missing" })).toBe("/dev/kvm is missing");
  expect(kvmHindrance({ architecture: "x64", kvmDevice: "usable" })).toContain("this is x64");
});
