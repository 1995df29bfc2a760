// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { capturesReport, packetCount } from "./captures.ts";
import { passingRun } from "./testing/samples.ts";

const header = Buffer.alloc(24);
const packet = (length: number) => {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(length, 8);
  return Buffer.concat([head, Buffer.alloc(length)]);
};

test("whole packets are counted, one that was cut off is not", () => {
  expect(packetCount(Buffer.alloc(0))).toBe(0);
  expect(packetCount(header)).toBe(0);
  const two = Buffer.concat([header, packet(60), packet(256)]);
  expect(packetCount(two)).toBe(2);
  expect(packetCount(Buffer.concat([two, packet(60).subarray(0, 40)]))).toBe(2);
  expect(packetCount(two.subarray(0, -1))).toBe(1);
});

test("the run's own captures are told, not what a person has beside them", async () => {
  const out = mkdtempSync(join(tmpdir(), "captures-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  for (const name of ["host.pcap", "mine.pcap"]) {
    writeFileSync(join(out, name), Buffer.concat([header, packet(60)]));
  }
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  await capturesReport.ofRun({ out, trace: false, pcap: true, say })?.on({
    type: "run-finished",
    ...{ result: passingRun(), out },
    consoles: [{ role: "host", file: join(out, "host-console.log"), lines: [] }],
  });
  expect(said).toEqual([`packets: ${join(out, "host.pcap")} (1)`]);
});
