// SPDX-License-Identifier: MIT
//
// Kernels built by make from a tree of a few files: what is made again, what is begun from, what is refused.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { sha256 } from "../cache/cache-key.ts";
import { buildKernel, findKernel, hasTrees, restoreBuildTree } from "./kernel.ts";
import { compilerFlags, makeArguments } from "./kernel-build.ts";
import { fragment, PlayedLinux } from "./testing/played-linux.ts";

let linux: PlayedLinux;
beforeEach(() => {
  linux = new PlayedLinux(realpathSync(mkdtempSync(join(tmpdir(), "kernel-build-test-"))));
});
afterEach(() => rmSync(linux.root, { recursive: true }));

const build = (inputs = linux.inputs()) =>
  linux.task((task) => buildKernel(linux.cache, inputs, task));

describe("a kernel of a fixed tree", () => {
  test("is configured, built, and kept with all that a run needs of it", async () => {
    const kernel = await build();
    expect(linux.calls()).toEqual(["allnoconfig wishes.config", "Image -g1"]);
    const { artifacts, modules } = kernel;
    expect(artifacts).toMatchObject({
      ...{ release: "7.3.4", origin: "played", compiler: "gcc 1", fragments: [] },
      ...{ configHash: sha256("CONFIG_A=y\n"), sourceDir: linux.directory },
    });
    expect(artifacts).not.toHaveProperty("llvm");
    expect(artifacts).not.toHaveProperty("patches");
    expect(readFileSync(artifacts.image, "utf8")).toBe("main\nCONFIG_A=y\n");
    expect(readFileSync(artifacts.vmlinux, "utf8")).toBe("main\n");
    expect(readFileSync(artifacts.config, "utf8")).toBe("CONFIG_A=y\n");
    // What leads into the build tree is no use elsewhere.
    expect(readdirSync(join(modules, "lib/modules/7.3.4")).sort()).toEqual([
      ...["modules.builtin", "modules.order", "thing.ko"],
    ]);
    expect(kernel.lacks).toEqual([]);
  });

  test("is found by what went into it, and by nothing else", async () => {
    expect(await findKernel(linux.cache, linux.inputs())).toBeUndefined();
    const made = await build();
    linux.calls();
    expect(await findKernel(linux.cache, linux.inputs())).toEqual(made);
    expect(await build()).toEqual(made);
    expect(linux.calls()).toEqual([]);
    for (const other of [
      linux.inputs("CONFIG_A=y\nCONFIG_B=y\n"),
      linux.inputs("CONFIG_A=y\n", { source: linux.source({ fixed: ["other"] }) }),
      linux.inputs("CONFIG_A=y\n", { compilers: { ...linux.compilers, kernel: "gcc 2" } }),
    ]) {
      expect(await findKernel(linux.cache, other)).toBeUndefined();
    }
    // The machine's own compiler decides nothing of it.
    const elsewhere = { compilers: { ...linux.compilers, host: "host gcc 2" } };
    expect(await findKernel(linux.cache, linux.inputs("CONFIG_A=y\n", elsewhere))).toMatchObject({
      key: made.key,
    });
  });

  test("says by what it was configured and built beyond what every kernel is", async () => {
    const fragments = [
      fragment("base.config", "CONFIG_A=y\n"),
      fragment("mine.config", "CONFIG_B=y\n", { given: true }),
    ];
    const source = linux.source({ patches: "series.mbox" });
    const compilers = { ...linux.compilers, llvm: "-19" };
    const { artifacts } = await build({ fragments, source, compilers });
    expect(artifacts).toMatchObject({
      ...{ fragments: ["mine.config"], patches: "series.mbox", llvm: "-19" },
    });
  });

  test("has its build tree again when it has gone, and is told from one whose trees are there", async () => {
    const kernel = await build();
    expect(await hasTrees(kernel)).toBe(true);
    rmSync(kernel.artifacts.buildDir, { recursive: true });
    expect(await hasTrees(kernel)).toBe(false);
    linux.calls();
    await linux.task((task) => restoreBuildTree(linux.cache, kernel, task));
    expect(linux.calls()).toHaveLength(2);
    expect(await hasTrees(kernel)).toBe(true);
    rmSync(join(linux.directory, "Makefile"));
    expect(await hasTrees(kernel)).toBe(false);
  });
});

describe("the settings", () => {
  test("are made again when they are others, or the tree's own files of them are newer, and not otherwise", async () => {
    const inputs = linux.inputs("CONFIG_A=y\n", { source: linux.source({ fixed: undefined }) });
    await build(inputs);
    expect(linux.calls()[0]).toBe("allnoconfig wishes.config");
    linux.write("linux/main.c", "edited\n");
    await build(inputs);
    expect(linux.calls()).toEqual(["Image -g1"]);
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(linux.directory, "Kconfig"), later, later);
    await build(inputs);
    expect(linux.calls()).toContain("allnoconfig wishes.config");
    // One that is gone may have held anything.
    const former = new Date(Date.now() - 60_000);
    utimesSync(join(linux.directory, "Kconfig"), former, former);
    await build(inputs);
    linux.calls();
    for (const name of ["auto.conf", "auto.conf.cmd"]) {
      const { buildDir } = (await build(inputs)).artifacts;
      linux.calls();
      rmSync(join(buildDir, "include/config", name));
      linux.write("linux/main.c", `${name}\n`);
      await build(inputs);
      expect(linux.calls(), name).toContain("allnoconfig wishes.config");
    }
  });

  test.each<[string, number | undefined]>([
    ["has gone, whatever it held", undefined],
    ["is newer than they are", 60_000],
  ])("are made again when any of the tree's files of them %s", async (_what, ms) => {
    const inputs = linux.inputs("CONFIG_A=y\n", { source: linux.source({ fixed: undefined }) });
    const { buildDir } = (await build(inputs)).artifacts;
    const files = ["Kconfig", "drivers/Kconfig"].map((name) => `\t${name} \\\n`).join("");
    writeFileSync(join(buildDir, "include/config/auto.conf.cmd"), `deps_config := \\\n${files}`);
    if (ms !== undefined) {
      linux.write("linux/drivers/Kconfig", "");
      const then = new Date(Date.now() + ms);
      utimesSync(join(linux.directory, "drivers/Kconfig"), then, then);
    }
    linux.write("linux/main.c", "edited\n");
    linux.calls();
    await build(inputs);
    expect(linux.calls()).toContain("allnoconfig wishes.config");
  });

  test("that a person gave and the tree does not take are theirs to repair, each named", async () => {
    const fragments = [
      fragment("base.config", "CONFIG_A=y\n"),
      fragment("mine.config", "CONFIG_B=y\nCONFIG_GONE=y\nCONFIG_LOST=m\n", { given: true }),
    ];
    const failed = build({ ...linux.inputs(), fragments });
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(
      /this kernel \(played\) does not take:\nCONFIG_GONE: asked for y \(mine\.config:2\), got n\nCONFIG_LOST: asked for m \(mine\.config:3\), got n\n/,
    );
    // The next run configures again, for by then the tree may have them.
    linux.calls();
    linux.write("linux/Kconfig", "config A\nconfig B\nconfig GONE\nconfig LOST\n");
    const former = new Date(Date.now() - 60_000);
    utimesSync(join(linux.directory, "Kconfig"), former, former);
    await build({ ...linux.inputs(), fragments });
    expect(linux.calls()[0]).toBe("allnoconfig wishes.config");
  });

  test("that one can do without are missing in other kernels than the project's own, with what for they were", async () => {
    const text = "CONFIG_A=y\n\n# Optional, for tests.\nCONFIG_GONE=m\n";
    const source = linux.source({ strict: false });
    const kernel = await build(linux.inputs(text, { source }));
    const reason = "this kernel does not take CONFIG_GONE=m, which is there for tests";
    expect(kernel.lacks).toEqual([{ name: "CONFIG_GONE", reason }]);
    expect(linux.said).toContain(`CONFIG_GONE: ${reason}`);
    await expect(build(linux.inputs(text))).rejects.toThrow(
      "does not hold all that was asked for:\nCONFIG_GONE: asked for m (base.config:4), got n",
    );
    const needed = linux.inputs("CONFIG_GONE=m\n", { source });
    await expect(build(needed)).rejects.toThrow("does not hold all that was asked for");
  });

  test("are asked for by the names that an older kernel has", async () => {
    linux.write("linux/Kconfig", "config A\nconfig PROC_SYSCTL\n");
    const source = linux.source({ strict: false });
    const text = "CONFIG_A=y\n\n# Optional, for tests.\nCONFIG_SYSCTL=y\n";
    const { artifacts } = await build(linux.inputs(text, { source }));
    expect(linux.calls()).toEqual([
      ...["allnoconfig wishes.config", "allnoconfig wishes.config.former", "Image -g1"],
    ]);
    expect(readFileSync(artifacts.config, "utf8")).toBe("CONFIG_A=y\nCONFIG_PROC_SYSCTL=y\n");
  });

  test("that ask for gdb's scripts have them made", async () => {
    const { artifacts } = await build(linux.inputs("CONFIG_A=y\nCONFIG_GDB_SCRIPTS=y\n"));
    expect(linux.calls()).toContain("scripts_gdb");
    expect(existsSync(join(artifacts.buildDir, "vmlinux-gdb.py"))).toBe(true);
  });

  test("for the kernel's own debug information are not overridden by line tables", () => {
    expect(compilerFlags(linux.inputs())).toBe("-g1");
    expect(compilerFlags(linux.inputs("# CONFIG_DEBUG_INFO_NONE is not set\n"))).toBe("");
    expect(compilerFlags(linux.inputs("CONFIG_DEBUG_INFO_NONE=y\n"))).toBe("-g1");
    expect(compilerFlags(linux.inputs("# CONFIG_A is not set\n"))).toBe("-g1");
    const both = "CONFIG_A=y\n# CONFIG_DEBUG_INFO_NONE is not set\n";
    expect(compilerFlags(linux.inputs(both))).toBe("");
  });
});

test("a working tree that make has looked at again is another kernel when something else came out", async () => {
  const inputs = linux.inputs("CONFIG_A=y\n", { source: linux.source({ fixed: undefined }) });
  expect(await findKernel(linux.cache, inputs)).toBeUndefined();
  const first = await build(inputs);
  linux.write("linux/main.c", "main\n");
  const again = await build(inputs);
  expect(linux.calls().filter((call) => call.startsWith("Image"))).toHaveLength(2);
  expect(again).toEqual(first);
  // A module alone makes it another one, too.
  linux.write("linux/driver.c", "edited\n");
  const edited = await build(inputs);
  expect(edited.key).not.toBe(first.key);
  expect(edited.tree).toBe(first.tree);
  expect(await findKernel(linux.cache, inputs)).toBeUndefined();
});

test("each working tree, with each of its settings, has a build tree of its own, which an edit does not change", async () => {
  const live = (of: PlayedLinux, text: string) =>
    build(linux.inputs(text, { source: of.source({ fixed: undefined }) }));
  const other = new PlayedLinux(join(linux.root, "other"));
  const trees = [
    (await live(linux, "CONFIG_A=y\n")).tree,
    (await live(linux, "CONFIG_B=y\n")).tree,
    (await live(other, "CONFIG_A=y\n")).tree,
  ];
  expect(new Set(trees).size).toBe(3);
  linux.write("linux/main.c", "edited\n");
  expect((await live(linux, "CONFIG_A=y\n")).tree).toBe(trees[0]);
});

describe("make is told", () => {
  const words = (change: object = {}, source: object = {}) =>
    makeArguments(
      linux.inputs("CONFIG_A=y\n", {
        compilers: { ...linux.compilers, ...change },
        source: linux.source(source),
      }),
      "/build",
    );

  test("where source and build are, for which machine, by whom", () => {
    expect(words()).toEqual([
      ...["-C", linux.directory, "O=/build", "ARCH=arm64"],
      ...[`CROSS_COMPILE=${linux.root}/bin/gnu-`, "KCFLAGS=-g1"],
      ...["KBUILD_BUILD_USER=lab", "KBUILD_BUILD_HOST=ntb-edma-lab"],
    ]);
  });

  test("of LLVM and ccache where they are used", () => {
    expect(words({ llvm: "-19" })).toContain("LLVM=-19");
    const cached = words({ launcher: "ccache", compiler: "clang-19" });
    expect(cached).toContain("CC=ccache clang-19");
  });

  test("to leave the commit out of a working tree's release", () => {
    expect(words({}, { fixed: undefined })).toContain("LOCALVERSION=");
    expect(words()).not.toContain("LOCALVERSION=");
  });
});
