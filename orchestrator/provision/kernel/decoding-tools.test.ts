// SPDX-License-Identifier: MIT
import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../cache/cache.ts";
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
