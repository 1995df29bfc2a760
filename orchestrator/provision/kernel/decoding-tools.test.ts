// SPDX-License-Identifier: MIT
import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { makeResult, type Result } from "../cache/product.ts";
import { runTask } from "../work/task.ts";
import type { Compilers } from "./compilers.ts";
import { decodingPrefix, decodingToolsKind } from "./decoding-tools.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "decoding-tools-test-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function make(compilers: Compilers): Promise<Result> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "tools", title: "" }, undefined, (task) =>
    makeResult(new Cache(join(root, "cache")), decodingToolsKind, compilers, task),
  );
}

test("the programs run wherever they have come to lie, with libraries of their own", async () => {
  // Of this machine's `ls`, in the place of the cross compiler's programs.
  for (const name of ["addr2line", "nm", "readelf"]) {
    copyFileSync("/bin/ls", join(root, `x-${name}`));
  }
  const compilers = { kernel: "gcc", crossPrefix: join(root, "x-") } as Compilers;
  const { directory } = await make(compilers);
  renameSync(directory, join(root, "elsewhere"));
  const prefix = decodingPrefix({ key: "", directory: join(root, "elsewhere") });
  const { stdout } = await execa(`${prefix}addr2line`, [join(root, "elsewhere")]);
  expect(stdout.split("\n")).toContain("aarch64-linux-gnu-readelf");
  const home = join(root, "elsewhere/root");
  const loader = readdirSync(home).find((name) => name.startsWith("ld-")) ?? "";
  const words = ["--library-path", home, "--list", join(home, "x-nm")];
  const listed = (await execa(join(home, loader), words)).stdout.split("\n");
  const paths = listed.flatMap((line) => / => (\S+)/.exec(line)?.[1] ?? []);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !path.startsWith(home))).toEqual([]);
});

test("a program that is not there, or that the loader cannot start, is an error", async () => {
  const compilers = { kernel: "gcc", crossPrefix: join(root, "x-") } as Compilers;
  await expect(make(compilers)).rejects.toThrow("ended with status");
  writeFileSync(join(root, "x-addr2line"), "no program", { mode: 0o755 });
  await expect(make(compilers)).rejects.toThrow("ldd ended with status");
});

test("the programs are others where the compiler is, for they come with it", () => {
  const compilers = { kernel: "gcc 1", crossPrefix: "x-", host: "gcc 1" } as Compilers;
  const key = (more: Partial<Compilers>) =>
    cacheKey(decodingToolsKind.inputs({ ...compilers, ...more }));
  expect(key({ kernel: "gcc 2" })).not.toBe(key({}));
  expect(key({ crossPrefix: "y-" })).not.toBe(key({}));
  expect(key({ host: "gcc 2" })).toBe(key({}));
});

test.each([
  ["a library that is lost", "libbfd.so => not found", "needs: .*libbfd.so => not found"],
  ["no loader", "statically linked", "needs: .*statically linked"],
])("%s is an error, and nothing is kept", async (_what, said, told) => {
  copyFileSync("/bin/ls", join(root, "x-addr2line"));
  const lines = (await execa("ldd", ["/bin/ls"])).stdout;
  const all = said === "statically linked" ? said : `${lines}\n${said}`;
  writeFileSync(join(root, "ldd"), `#!/bin/sh\ncat <<END\n${all}\nEND\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${root}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const compilers = { kernel: "gcc", crossPrefix: join(root, "x-") } as Compilers;
  await expect(make(compilers)).rejects.toThrow(new RegExp(told));
});
