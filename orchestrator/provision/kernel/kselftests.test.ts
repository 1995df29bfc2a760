// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeResult } from "../cache/product.ts";
import { type BuiltKernel, buildKernel } from "./kernel.ts";
import { kselftestLacks, kselftestSources, kselftestsKind, kselftestsOf } from "./kselftests.ts";
import { PlayedLinux } from "./testing/played-linux.ts";

const home = "tools/testing/selftests";

let linux: PlayedLinux;
beforeEach(() => {
  linux = new PlayedLinux(realpathSync(mkdtempSync(join(tmpdir(), "kselftests-test-"))));
});
afterEach(() => rmSync(linux.root, { recursive: true }));

function write(path: string, text = ""): void {
  linux.write(`linux/${home}/${path}`, text);
}

async function kernelOf(source = {}, compilers = {}): Promise<BuiltKernel> {
  const inputs = linux.inputs("CONFIG_A=y\n", {
    source: linux.source(source),
    compilers: { ...linux.compilers, ...compilers },
  });
  const kernel = await linux.task((task) => buildKernel(linux.cache, inputs, task));
  linux.calls();
  return kernel;
}

async function made(kernel: BuiltKernel) {
  const inputs = { kernel, sources: await kselftestSources(kernel) };
  return linux.task((task) => makeResult(linux.cache, kselftestsKind, inputs, task));
}

test("programs are compiled by the GNU tools whatever builds the kernel, scripts are taken as they are", async () => {
  write("pci_endpoint/pci_endpoint_test.c");
  write("ntb/ntb_test.sh", "#!/bin/sh\n");
  const { directory } = await made(await kernelOf({}, { llvm: "-19" }));
  expect(linux.calls()).toEqual([
    `kselftest-all pci_endpoint ${linux.compilers.crossPrefix} llvm=`,
  ]);
  const program = join(directory, "pci_endpoint/pci_endpoint_test");
  expect(readFileSync(program, "utf8")).toBe("program\n");
  const script = join(directory, "ntb/ntb_test.sh");
  expect(readFileSync(script, "utf8")).toBe("#!/bin/sh\n");
  for (const file of [program, script]) expect(statSync(file).mode & 0o777).toBe(0o755);
});

test("a tree that lacks some has the others, and says which it lacks", async () => {
  write("ntb/ntb_test.sh", "#!/bin/sh\n");
  const { directory } = await made(await kernelOf());
  expect(linux.calls()).toEqual([]);
  expect(readFileSync(join(directory, "ntb/ntb_test.sh"), "utf8")).toBe("#!/bin/sh\n");
  const tests = await kselftestsOf(linux.directory);
  expect(tests).toEqual(["ntb/ntb_test.sh"]);
  expect(kselftestLacks(tests)).toEqual([
    { name: "pci_endpoint", reason: `this kernel's tree has no ${home}/pci_endpoint` },
  ]);
  expect(kselftestLacks(["pci_endpoint", "ntb/ntb_test.sh"])).toEqual([]);
});

test("of a working tree they are others when a file of theirs is, of a fixed one its kernel says all", async () => {
  write("pci_endpoint/pci_endpoint_test.c", "one");
  write("pci_endpoint/notes.txt", "one");
  write("lib.mk", "one");
  const live = await kernelOf({ fixed: undefined });
  const first = await made(live);
  write("pci_endpoint/notes.txt", "two");
  expect((await made(live)).key).toBe(first.key);
  const keys = [first.key];
  for (const path of [
    `${home}/pci_endpoint/pci_endpoint_test.c`,
    `${home}/lib.mk`,
    "include/uapi/linux/pcitest.h",
  ]) {
    linux.write(`linux/${path}`, "two");
    keys.push((await made(live)).key);
  }
  expect(new Set(keys).size).toBe(4);
  const compiler = await kernelOf({ fixed: undefined }, { kernel: "gcc 2" });
  expect((await made(compiler)).key).not.toBe(keys.at(-1));
  expect(await kselftestSources(await kernelOf())).toEqual([]);
});

test("files of theirs that cannot be read are an error, and no others than those before", async () => {
  write("pci_endpoint/pci_endpoint_test.c", "one");
  const live = await kernelOf({ fixed: undefined });
  const own = join(linux.directory, home);
  symlinkSync("lost.h", join(own, "pci_endpoint/lost.h"));
  await expect(kselftestSources(live)).rejects.toThrow("ELOOP");
  rmSync(join(own, "pci_endpoint"), { recursive: true });
  symlinkSync("pci_endpoint", join(own, "pci_endpoint"));
  await expect(kselftestSources(live)).rejects.toThrow("ELOOP");
});
