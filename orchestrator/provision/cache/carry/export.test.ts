// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError } from "../../../errors.ts";
import { runTask } from "../../work/task.ts";
import { Cache } from "../cache.ts";
import { exportCache } from "./export.ts";
import { carriedSchema, MANIFEST } from "./manifest.ts";

let top: string;
let here: Cache;
let file: string;

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), "export-test-"));
  here = new Cache(join(top, "here"));
  file = join(top, "lab.tar.zst");
  await result("kernel", "k1", "lib/modules/ntb.ko", Buffer.alloc(100_000, 7));
});
afterEach(() => rmSync(top, { recursive: true }));

function result(kind: string, key: string, path: string, data: Buffer): Promise<string> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "test", title: "Test" }, undefined, (task) =>
    here.produce(kind, key, task, async (into) => {
      mkdirSync(join(into, path, ".."), { recursive: true });
      writeFileSync(join(into, path), data);
    }),
  );
}

function write(entries = ["kernel/k1"], signal = new AbortController().signal): Promise<number> {
  const request = { entries, records: { "pins/kernel.json": "7.3" }, lab: "revision" };
  return exportCache(here, request, file, signal);
}

const tar = (...args: string[]) =>
  String(execFileSync("tar", args, { input: zstdDecompressSync(readFileSync(file)) }));

test("anybody can look into the file", async () => {
  await write();
  const listed = execFileSync("tar", ["-t"], { input: zstdDecompressSync(readFileSync(file)) });
  expect(String(listed).split("\n")[0]).toBe(MANIFEST);
  expect(String(listed)).toContain("kernel/k1/lib/modules/ntb.ko\n");
});

test("an export that fails leaves the former file as it is", async () => {
  await write();
  const former = readFileSync(file);
  await expect(write(["kernel/k1", "image/lost"])).rejects.toThrow("image/lost");
  expect(readFileSync(file)).toEqual(former);
  expect(existsSync(`${file}.partial`)).toBe(false);
});

test("zstd itself, where it is installed, takes the file for one of its own", async () => {
  await write();
  const { status, error } = spawnSync("zstd", ["--test", "--quiet", "--long=27", file]);
  if (error === undefined) expect(status).toBe(0);
});

test("what tar cannot read is told in its words, and leaves no file", async () => {
  const bin = join(top, "bin");
  mkdirSync(bin);
  const script = '#!/bin/sh\necho "tar: kernel/k1: file changed as we read it" >&2\nexit 1\n';
  writeFileSync(join(bin, "tar"), script, { mode: 0o755 });
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(write()).rejects.toThrow(InfrastructureError);
  await expect(write()).rejects.toThrow(
    "could not be written to a file: tar: kernel/k1: file changed as we read it; another run",
  );
  expect(readdirSync(top).filter((name) => name.startsWith("lab.tar"))).toEqual([]);
});

test("records go along where no result does", async () => {
  await write([]);
  expect(tar("-t")).toBe(`${MANIFEST}\n`);
  const carried = carriedSchema.parse(JSON.parse(tar("-xO", MANIFEST)));
  expect(carried).toMatchObject({
    ...{ lab: "revision", architecture: process.arch, entries: [] },
    records: { "pins/kernel.json": "7.3" },
  });
});

test("nothing tells whose machine it was, and files of a result are in one order", async () => {
  await write();
  const listed = tar("-tv", "--numeric-owner").trimEnd().split("\n");
  expect(listed.map((line) => line.split(/\s+/)[1])).toEqual(listed.map(() => "0/0"));
  const names = tar("-t").trimEnd().split("\n").slice(1);
  expect(names).toEqual(names.toSorted());
});

test("what two results have in common is stored once, and damage shows before anything is unpacked", async () => {
  const data = randomBytes(6 << 20);
  await result("kernel", "k2", "vmlinux", data);
  await result("kernel", "k3", "vmlinux", data);
  expect(await write(["kernel/k2", "kernel/k3"])).toBeLessThan(7 << 20);
  // RFC 8878, 3.1.1.1.1: Content_Checksum_flag of the frame's header.
  expect((readFileSync(file)[4] ?? 0) & 4).toBe(4);
});

test("an export that is interrupted ends with the reason, and leaves no file", async () => {
  const stop = new AbortController();
  const reason = new Error("interrupted");
  const writing = write(undefined, stop.signal);
  stop.abort(reason);
  await expect(writing).rejects.toBe(reason);
  expect(readdirSync(top).filter((name) => name.startsWith("lab.tar"))).toEqual([]);
});
