// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Cache } from "../cache/cache.ts";
import { compilersRecord, knownCompilers } from "./known-compilers.ts";

const elsewhere = {
  ...{ host: "gcc 99", kernel: "arm-gcc 99", compiler: "arm-gcc", crossPrefix: "arm-" },
  ...{ architecture: "arm64" as const, llvm: undefined, launcher: "ccache" },
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "known-compilers-test-"));
  for (const name of ["gcc", "aarch64-linux-gnu-gcc"]) {
    const path = join(root, "bin", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho ${name} 12\n`, { mode: 0o755 });
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function record(asked: { llvm?: string; crossCompile?: string; architecture?: "x86-64" }): void {
  const [path, text] = compilersRecord({ asked, compilers: { ...elsewhere, ...asked } });
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

async function known(asked = {}): Promise<string[]> {
  vi.stubEnv("PATH", join(root, "bin"));
  return (await knownCompilers(new Cache(root), asked)).map(({ host }) => host);
}

test.runIf(process.arch !== "arm64")("this machine's own come first", async () => {
  record({});
  expect(await known()).toEqual(["gcc 12", "gcc 99"]);
});

test("a machine without any knows those that came with results", async () => {
  rmSync(join(root, "bin/gcc"));
  expect(await known()).toEqual([]);
  record({});
  vi.stubEnv("PATH", join(root, "bin"));
  const { llvm, launcher, ...rest } = elsewhere;
  expect(await knownCompilers(new Cache(root), {})).toEqual([
    { ...rest, llvm: undefined, launcher: undefined },
  ]);
});

test("they are for what was asked for where they were used", async () => {
  rmSync(join(root, "bin/gcc"));
  record({ llvm: "-19" });
  expect(await known()).toEqual([]);
  expect(await known({ llvm: "-19" })).toEqual(["gcc 99"]);
  expect(await known({ llvm: "1" })).toEqual([]);
  expect(await known({ llvm: "-19", crossCompile: "arm-" })).toEqual([]);
  record({ crossCompile: "arm-" });
  expect(await known({ crossCompile: "arm-" })).toEqual(["gcc 99"]);
  expect(await known()).toEqual([]);
});

test("a record that is being written is none yet, and records that cannot be listed are an error", async () => {
  rmSync(join(root, "bin/gcc"));
  record({});
  writeFileSync(join(root, "compilers/x.json.1-ab.new"), "{");
  expect(await known()).toEqual(["gcc 99"]);
  rmSync(join(root, "compilers"), { recursive: true });
  symlinkSync("compilers", join(root, "compilers"));
  await expect(known()).rejects.toThrow("ELOOP");
});

test("a record that cannot be read is an error", async () => {
  mkdirSync(join(root, "compilers"));
  writeFileSync(join(root, "compilers/x.json"), "{}");
  await expect(known()).rejects.toThrow();
});

test("they are for the guests that they compiled for", async () => {
  rmSync(join(root, "bin/gcc"));
  record({ architecture: "x86-64" });
  expect(await known()).toEqual([]);
  expect(await known({ architecture: "x86-64" })).toEqual(["gcc 99"]);
});
