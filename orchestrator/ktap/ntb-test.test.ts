// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { parseNtbTest } from "./ntb-test.ts";

const good = `Starting ntb_tool tests...
Running port tests on: 0000:01:00.0 / 0000:10:00.0
Local port 0 with index 0 on remote host
Peer port 1 with index 0 on local host
  Passed
Running link tests on: 0000:01:00.0 / 0000:10:00.0
  Unsupported
Running link tests on: 0000:10:00.0 / 0000:01:00.0
  Passed
Running mw0 tests on:  0000:01:00.0 /  0000:10:00.0
MW 0 size aligned to 0x10000
  Passed

Starting ntb_pingpong tests...
Running ping pong tests on: 0000:01:00.0 / 0000:10:00.0
  Passed

Starting ntb_msi_test tests...
  Not doing MSI tests seeing the module is not available.

Starting ntb_perf tests...
Running local perf test without DMA
    peer 0: copied 65536 bytes
  Passed
Running remote perf test without DMA
  Passed
`;

const results = (text: string) =>
  parseNtbTest(text).tests.map(
    ({ name, ok, directive }) => `${ok ? "ok" : "not ok"} ${name}${directive ? " SKIP" : ""}`,
  );

test("each test is named by its group, and by its side where both have it", () => {
  expect(results(good)).toEqual([
    "ok ntb_tool.port",
    "ok ntb_tool.link.local SKIP",
    "ok ntb_tool.link.remote",
    "ok ntb_tool.mw0",
    "ok ntb_pingpong.ping-pong",
    "ok ntb_msi_test.msi SKIP",
    "ok ntb_perf.local-perf.without-dma",
    "ok ntb_perf.remote-perf.without-dma",
  ]);
});

test("the script dies in a test: that one has failed, with what was said", () => {
  const cut = good.indexOf("  Passed\nRunning link");
  const text = `${good.slice(0, cut)}cmp: EOF on /tmp/ntb_test.1.A\n`;
  expect(results(text)).toEqual(["not ok ntb_tool.port"]);
  expect(parseNtbTest(text).tests[0]?.output.at(-1)).toContain("cmp: EOF");
});

test("a test whose result is missing has failed when the next one starts", () => {
  expect(results(good.replace("  Unsupported\n", ""))[1]).toBe("not ok ntb_tool.link.local");
});

test("a script that could not start leaves its words", () => {
  expect(parseNtbTest("modprobe: FATAL: Module ntb_tool not found.\n")).toMatchObject({
    tests: [],
    trailing: ["modprobe: FATAL: Module ntb_tool not found."],
  });
});
