// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTrace, tracedBy } from "./traced.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "traced-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("what checks look at is theirs to say, each pattern once", () => {
  const params = {
    event: "dwc_bar",
    "followed-by": [{ event: "dwc_iatu_*" }, { event: "dwc_bar" }],
  };
  const checks = [
    { kind: "trace", id: "a", title: "a", params },
    { kind: "console-clean", id: "b", title: "b", params: {} },
  ];
  expect(tracedBy({ checks })).toEqual(["dwc_bar", "dwc_iatu_*"]);
});

test("events of both VMs, and of each QEMU that a VM had, are in the order of time, with their steps", async () => {
  writeFileSync(
    join(directory, "endpoint-trace.12.log"),
    "12@1000.000200:dwc_bar 0: size 0x1000\n12@1000.000400:dwc_dbi_read 0x0\nnot an event\n12@1000.000900:dwc_bars x\n",
  );
  writeFileSync(
    join(directory, "endpoint-trace.15.log"),
    "15@1003.000000:dwc_bar 1: size 0x1000\n",
  );
  writeFileSync(join(directory, "host-trace.13.log"), "13@1000.000300:dwc_function_bar BAR 0\n");
  const stepAt = (at: number) => (at < 1_000_001 ? undefined : "later");
  expect(await readTrace(directory, ["dwc_bar", "dwc_function_*"], stepAt)).toEqual([
    { on: "endpoint", name: "dwc_bar", text: "dwc_bar 0: size 0x1000", step: undefined },
    { on: "host", name: "dwc_function_bar", text: "dwc_function_bar BAR 0", step: undefined },
    { on: "endpoint", name: "dwc_bar", text: "dwc_bar 1: size 0x1000", step: "later" },
  ]);
});
