// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { packetCount } from "./captures.ts";

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
