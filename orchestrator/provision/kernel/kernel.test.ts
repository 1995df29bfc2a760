// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BuiltKernel, hasTrees } from "./kernel.ts";

let root: string;
let kernel: BuiltKernel;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernel-test-"));
  const [sourceDir, buildDir] = [join(root, "source"), join(root, "build")];
  for (const directory of [sourceDir, buildDir]) mkdirSync(directory);
  writeFileSync(join(sourceDir, "Makefile"), "");
  writeFileSync(join(buildDir, "Module.symvers"), "");
  kernel = { artifacts: { sourceDir, buildDir } } as unknown as BuiltKernel;
});
afterEach(() => rmSync(root, { recursive: true }));

test("modules can be built where source and build tree are both there", async () => {
  expect(await hasTrees(kernel)).toBe(true);
});

test.each(["source", "source/Makefile", "build", "build/Module.symvers"])(
  "and not where %s has gone",
  async (path) => {
    rmSync(join(root, path), { recursive: true });
    expect(await hasTrees(kernel)).toBe(false);
  },
);
