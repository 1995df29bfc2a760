// SPDX-License-Identifier: MIT
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { longestNodeName, topologySchema } from "../scenario/topology/topology.ts";
import { inspectionSockets } from "./inspection.ts";
import { vmPaths } from "./paths.ts";
import { isRunning, longestTemporary, makeTemporaryDirectory } from "./temporary.ts";

const boot = { kernel: "Image", initrd: "initrd" };
const before = process.env.TMPDIR;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "temporary-test-"));
  process.env.TMPDIR = directory;
});

afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(directory, { recursive: true });
});

function abandoned(name: string, ageHours: number): string {
  const path = join(directory, name);
  mkdirSync(path);
  writeFileSync(join(path, "x"), "");
  const then = Date.now() / 1000 - ageHours * 3600;
  utimesSync(path, then, then);
  return path;
}

test("is removed with what is in it", async () => {
  const { path, remove } = await makeTemporaryDirectory();
  expect(existsSync(path)).toBe(true);
  mkdirSync(join(path, "x"));
  await remove();
  expect(existsSync(path)).toBe(false);
});

test("removes what a killed run left behind long ago, and nothing else", async () => {
  const noSuchPid = 2 ** 22 + 1; // above the kernel's largest
  const old = abandoned(`ntb-edma-lab-${noSuchPid}-a`, 48);
  const kept = [
    abandoned(`ntb-edma-lab-${noSuchPid}-b`, 1),
    abandoned(`ntb-edma-lab-${process.pid}-c`, 48),
    abandoned("someone-elses", 48),
  ];
  const { remove } = await makeTemporaryDirectory();
  expect(existsSync(old)).toBe(false);
  expect(kept.map((path) => existsSync(path))).toEqual([true, true, true]);
  await remove();
});

test("refuses a place whose sockets would have too long paths", async () => {
  const long = join(directory, "x".repeat(80));
  mkdirSync(long);
  process.env.TMPDIR = long;
  await expect(makeTemporaryDirectory()).rejects.toThrow("set TMPDIR to a shorter one");
  expect(existsSync(join(long, "x"))).toBe(false);
});

test("what another user's run left, and what is gone meanwhile, is let alone", async () => {
  // The first process is root's, and is always there.
  const theirs = abandoned("ntb-edma-lab-1-d", 48);
  const odd = abandoned("ntb-edma-lab-x-e", 48);
  symlinkSync(join(directory, "nowhere"), join(directory, "ntb-edma-lab-4194305-gone"));
  const old = abandoned("ntb-edma-lab-4194305-f", 25);
  const { remove } = await makeTemporaryDirectory();
  expect([theirs, odd].map((path) => existsSync(path))).toEqual([true, true]);
  expect(existsSync(old)).toBe(false);
  await remove();
  await remove(); // a second time is harmless
});

test("a process that one may not signal runs all the same", () => {
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  onTestFinished(() => kill.mockRestore());
  expect(isRunning(1)).toBe(true);
  kill.mockImplementation(() => {
    throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH" });
  });
  expect(isRunning(1)).toBe(false);
});

test("takes a place that leaves just room enough for the sockets", async () => {
  const fits = join(directory, "x".repeat(longestTemporary - directory.length - 1));
  mkdirSync(fits);
  process.env.TMPDIR = fits;
  const { path, remove } = await makeTemporaryDirectory();
  expect(path.startsWith(fits)).toBe(true);
  const name = "n".repeat(longestNodeName);
  const topology = topologySchema.parse({
    time: "virtual",
    "direct-network": true,
    machines: { host: { role: "host" }, [name]: { role: "endpoint" } },
    links: { [name]: { host: "host", endpoint: name } },
  });
  const { links, qmp, commands = "", direct } = vmPaths(topology, name, boot, path);
  expect(commands).toContain(name);
  expect(direct?.own).toContain(path);
  const sockets = [
    ...[...links, qmp, commands, direct?.own ?? "", direct?.peer ?? ""],
    ...Object.values(inspectionSockets(name, path)),
  ];
  // unix(7): 108 bytes with the terminating zero; process ids have up to seven digits.
  const room = 107 - ("4194304".length - `${process.pid}`.length);
  for (const socket of sockets) expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(room);
  await remove();
});
