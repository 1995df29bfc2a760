// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../cache/cache.ts";
import { alikeBuilds } from "./alike-builds.ts";
import type { KernelInputs } from "./kernel-build.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "alike-builds-"));
  for (const name of ["trees", "linux", "other"]) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true }));

function built(name: string, settings: string, source = "linux", architecture = "arm64"): void {
  const tree = join(root, "trees", name);
  mkdirSync(tree);
  symlinkSync(join(root, source), join(tree, "source"));
  writeFileSync(join(tree, "wishes.config"), settings);
  mkdirSync(join(tree, "arch", architecture), { recursive: true });
}

function alike(settings: string): Promise<string[]> {
  const source = { directory: join(root, "linux"), origin: "", fixed: ["linux"], strict: true };
  const fragments = [{ name: "base", text: settings, given: false, extra: false }];
  const compilers = { architecture: "arm64" } as KernelInputs["compilers"];
  return alikeBuilds(new Cache(root), { source, fragments, compilers });
}

test("builds of the same source are found, that with the fewest other settings first", async () => {
  built("kernel-1", "CONFIG_A=y\nCONFIG_X=y\nCONFIG_Y=y\nCONFIG_Z=y\n");
  built("kernel-2", "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=y\n");
  built("kernel-3", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\n");
  expect(await alike("CONFIG_A=y\nCONFIG_B=y\n")).toEqual(["kernel-3", "kernel-2", "kernel-1"]);
});

test("a cache in which nothing was ever built has none", async () => {
  rmSync(join(root, "trees"), { recursive: true });
  expect(await alike("CONFIG_A=y\n")).toEqual([]);
});

test("none is one of another source or architecture, one that is not whole, one of modules, or one with other debug information", async () => {
  built("kernel-1", "CONFIG_A=y\n", "other");
  built("kernel-2.partial", "CONFIG_A=y\n");
  built("modules-of-kernel-3", "CONFIG_A=y\n");
  built("kernel-4", "CONFIG_A=y\n# CONFIG_DEBUG_INFO_NONE is not set\n");
  mkdirSync(join(root, "trees", "kernel-5"));
  // Nobody knows by which settings.
  mkdirSync(join(root, "trees", "kernel-5e77"));
  symlinkSync(join(root, "linux"), join(root, "trees", "kernel-5e77/source"));
  mkdirSync(join(root, "trees", "kernel-5e77/arch/arm64"), { recursive: true });
  expect(await alike("CONFIG_A=y\n")).toEqual([]);
  built("kernel-5a5a", "CONFIG_A=y\n", "linux", "x86");
  expect(await alike("CONFIG_A=y\n")).toEqual([]);
  built("kernel-6", "CONFIG_A=y\n");
  expect(await alike("CONFIG_A=y\n")).toEqual(["kernel-6"]);
});
