// SPDX-License-Identifier: MIT
//
// The project's modules, built by make against a kernel of a few files.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findResult, makeResult, type Result } from "../cache/product.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import { type BuiltKernel, buildKernel } from "./kernel.ts";
import { kernelDevelKind } from "./kernel-devel.ts";
import { debugModulesOf, leftOutOf, type ModuleInputs, modulesKind } from "./modules.ts";
import { PlayedLinux } from "./testing/played-linux.ts";

let linux: PlayedLinux;
let kernel: BuiltKernel;
beforeEach(async () => {
  linux = new PlayedLinux(realpathSync(mkdtempSync(join(tmpdir(), "modules-kind-test-"))));
  kernel = await kernelWith();
});
afterEach(() => rmSync(linux.root, { recursive: true }));

async function kernelWith(source = {}): Promise<BuiltKernel> {
  const inputs = linux.inputs("CONFIG_A=y\n", { source: linux.source(source) });
  const built = await linux.task((task) => buildKernel(linux.cache, inputs, task));
  linux.calls();
  return built;
}

/** Sources of modules, each of one file with this in it. */
function sources(texts: Record<string, string>): Snapshot {
  return Object.entries(texts).map(([name, text]) => ({
    ...{ path: `${name}/main.c`, executable: false, data: Buffer.from(text) },
  }));
}

const both = sources({ edma_test: "test\n", ntb_transport: "transport\n" });

function inputs(more: Partial<ModuleInputs> = {}): ModuleInputs {
  return { kernel, sources: both, unwanted: [], devel: undefined, ...more };
}

const make = (given: ModuleInputs) =>
  linux.task((task) => makeResult(linux.cache, modulesKind, given, task));
const read = ({ directory }: Result, path: string) => readFileSync(join(directory, path), "utf8");
const names = ({ directory }: Result) =>
  readdirSync(directory).filter((name) => name !== "manifest.json");

test("each is there stripped and with its debug information, the transport in its other forms as well", async () => {
  const made = await make(inputs());
  expect(linux.calls()).toEqual([
    `modules of modules-of-${kernel.tree} edma=y`,
    `modules of modules-without-edma-of-${kernel.tree} edma=`,
    `modules of modules-without-edma-of-${kernel.tree} edma= held`,
  ]);
  expect(names(made).sort()).toEqual([
    ...["debug", "edma_test.ko", "held", "ntb_transport.ko", "without-edma"],
  ]);
  expect(read(made, "edma_test.ko")).toBe("test\nedma=y\nstripped\n");
  expect(readdirSync(debugModulesOf(made)).sort()).toEqual(["edma_test.ko", "ntb_transport.ko"]);
  expect(read(made, "debug/edma_test.ko")).toBe("test\nedma=y\n");
  expect(readdirSync(join(made.directory, "without-edma"))).toEqual(["ntb_transport.ko"]);
  expect(read(made, "without-edma/ntb_transport.ko")).toBe("transport\nedma=\nstripped\n");
  expect(readdirSync(join(made.directory, "held"))).toEqual(["ntb_transport.ko"]);
  expect(read(made, "held/ntb_transport.ko")).toBe("transport\nedma= held\nstripped\n");
  expect(await leftOutOf(made)).toEqual([]);
});

test("a changed source makes others, and one that is gone leaves no module behind", async () => {
  const first = await make(inputs());
  const changed = await make(inputs({ sources: sources({ edma_test: "edited\n" }) }));
  expect(changed.key).not.toBe(first.key);
  expect(names(changed).sort()).toEqual(["debug", "edma_test.ko"]);
  expect(read(changed, "edma_test.ko")).toContain("edited\n");
});

test("what was compiled for a kernel of other settings is not taken, for make would not see that; of the same ones it is", async () => {
  await make(inputs());
  const object = join(linux.cache.treePath(`modules-of-${kernel.tree}`), "edma_test/main.o");
  writeFileSync(object, "compiled\n");
  const edited = sources({ edma_test: "edited\n", ntb_transport: "transport\n" });
  await make(inputs({ sources: edited }));
  expect(existsSync(object)).toBe(true);
  const artifacts = { ...kernel.artifacts, configHash: "other settings" };
  await make(inputs({ kernel: { ...kernel, key: "other", artifacts } }));
  expect(existsSync(object)).toBe(false);
  expect(linux.said).toContain("the kernel has other settings: all modules are compiled");
});

test("one that the kernel's tree has better is left out, with the transport's other forms", async () => {
  const reason = "the tree has its own";
  const unwanted = [{ name: "ntb_transport", reason }];
  const made = await make(inputs({ unwanted }));
  expect(names(made).sort()).toEqual(["debug", "edma_test.ko"]);
  expect(linux.said).toContain(`ntb_transport is left out: ${reason}`);
  // It is no failure of the module.
  expect(await leftOutOf(made)).toEqual([]);
  expect(await findResult(linux.cache, modulesKind, inputs())).toBeUndefined();
});

test("one that does not build for another kernel than the project's own is left out, and the rest is built", async () => {
  kernel = await kernelWith({ fixed: ["other"], strict: false });
  const broken = sources({ edma_test: "test\n", ntb_client: "BROKEN\n", ntb_transport: "t\n" });
  const made = await make(inputs({ sources: broken }));
  expect(names(made).sort()).toEqual([
    ...["debug", "edma_test.ko", "held", "left-out.json", "ntb_transport.ko", "without-edma"],
  ]);
  const reason = "it does not build for this kernel: no such thing (ntb_client/main.c:3)";
  expect(await leftOutOf(made)).toEqual([{ name: "ntb_client", reason }]);
  expect(linux.said).toContain(`ntb_client is left out: ${reason}`);
});

test("without the transport there is no other form of it either", async () => {
  kernel = await kernelWith({ fixed: ["other"], strict: false });
  const broken = sources({ edma_test: "test\n", ntb_transport: "BROKEN\n" });
  expect(names(await make(inputs({ sources: broken }))).sort()).toEqual([
    ...["debug", "edma_test.ko", "left-out.json"],
  ]);
});

test("for the project's own kernel all have to build", async () => {
  const broken = sources({ edma_test: "BROKEN\n" });
  await expect(make(inputs({ sources: broken }))).rejects.toThrow("make ended with status 2");
});

test("they are built against what is kept of a kernel whose trees have gone, and strip is LLVM's for LLVM's", async () => {
  for (const path of [
    "include/x.h",
    "scripts/x.h",
    "arch/arm64/Makefile",
    "arch/arm64/include/a.h",
  ]) {
    linux.write(`linux/${path}`, "");
  }
  const { buildDir } = kernel.artifacts;
  const build = buildDir.slice(linux.root.length + 1);
  for (const path of ["scripts/x", "arch/arm64/include/g.h", "include/g.h"]) {
    linux.write(`${build}/${path}`, "");
  }
  const devel = await linux.task((task) => makeResult(linux.cache, kernelDevelKind, kernel, task));
  rmSync(buildDir, { recursive: true });
  rmSync(linux.directory, { recursive: true });
  linux.program("llvm/llvm-strip", 'echo "by LLVM" >> "$2"');
  kernel = {
    ...kernel,
    inputs: { ...kernel.inputs, compilers: { ...linux.compilers, llvm: `${linux.root}/llvm/` } },
  };
  const made = await make(inputs({ devel }));
  expect(read(made, "edma_test.ko")).toBe("test\nedma=y\nby LLVM\n");
  expect(existsSync(linux.directory)).toBe(false);
});
