// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { parseQpReport } from "./qp-throughput.ts";

const line = (queue: number, bytes: number, ns: number, received: number) =>
  `# throughput queue=${queue} direction=tx bytes=${bytes} ns=${ns} sent=${received} received=${received} lost=0 missing=0 corrupt=0 errors=0`;

test("queues that run beside each other add up over the time of the slowest", () => {
  const text = [
    "KTAP version 1",
    "1..2",
    line(0, 1000, 50, 10),
    "ok 1 queue0.tx.throughput",
    line(1, 2000, 70, 20),
    "ok 2 queue1.tx.throughput",
  ].join("\n");
  expect(parseQpReport(text)).toEqual({ bytes: 3000, ns: 70, frames: 30 });
});

test("a stream that lost something is an error, in ntb_client's words", () => {
  const text = [line(0, 1000, 50, 10), "not ok 1 queue0.tx.throughput # frames were lost"].join(
    "\n",
  );
  expect(() => parseQpReport(text)).toThrow("frames were lost");
});

test("no figures are an error", () => {
  expect(() => parseQpReport("sh: can't create run: nonexistent directory")).toThrow("figures");
});
