// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { memoryAvailable, memoryHere, type System } from "./memory.ts";

const GIB = 1024 ** 3;
const system = (files: Record<string, string>, limits: Partial<System> = {}): System => ({
  ...{ total: 32 * GIB, limit: 0, belowLimit: 9 * GIB },
  ...limits,
  read: (file) => files[file],
});
const free = (gibibytes: number) => ({
  "/proc/meminfo": `MemTotal: 33554432 kB\nMemFree:  1 kB\nMemAvailable: ${gibibytes * 1024 ** 2} kB\n`,
});
/** A container of 8 GiB, of whose memory 2 GiB are not used for anything. */
const limited = { limit: 8 * GIB, belowLimit: 2 * GIB };
const unified = { "/proc/self/cgroup": "0::/lab\n" };
const stat = (line: string) => ({
  "/sys/fs/cgroup/lab/memory.stat": `anon 5\n${line}\nactive_file 7\n`,
});

test("a machine has what can be had without swapping, its page cache among it", () => {
  expect(memoryAvailable(system(free(20)))).toBe(20 * GIB);
  // A limit that is above all that there is is none.
  expect(memoryAvailable(system(free(20), { limit: 2 ** 64, belowLimit: 2 ** 64 }))).toBe(20 * GIB);
  expect(memoryAvailable(system({}))).toBe(9 * GIB);
});

test("a container has what is left below its limit, and what of its files can be read again", () => {
  const files = { ...free(20), ...unified };
  expect(memoryAvailable(system(files, limited))).toBe(2 * GIB);
  const cached = { ...files, ...stat(`inactive_file ${3 * GIB}`) };
  expect(memoryAvailable(system(cached, limited))).toBe(5 * GIB);
  // And no more than the machine around it has.
  expect(memoryAvailable(system({ ...cached, ...free(4) }, limited))).toBe(4 * GIB);
});

test("control groups of version 1 say so elsewhere", () => {
  const files = {
    ...free(20),
    "/proc/self/cgroup": "4:cpu,memory:/lab\n3:cpuset:/x\n0::/\n",
    "/sys/fs/cgroup/memory/lab/memory.stat": `inactive_file 1\ntotal_inactive_file ${GIB}\n`,
  };
  expect(memoryAvailable(system(files, limited))).toBe(3 * GIB);
});

test("at most there is the machine's memory, or the limit", () => {
  expect(memoryHere(system({}))).toBe(32 * GIB);
  expect(memoryHere(system({}, limited))).toBe(8 * GIB);
  expect(memoryHere(system({}, { limit: 2 ** 64 }))).toBe(32 * GIB);
});

test("this machine has some", () => {
  expect(memoryAvailable()).toBeGreaterThan(0);
  expect(memoryAvailable()).toBeLessThanOrEqual(memoryHere());
});
