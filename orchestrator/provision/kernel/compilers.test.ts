// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../../errors.ts";
import { crossPrefix } from "../work/host-tools.ts";
import { findCompilers, llvmTool } from "./compilers.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "compilers-"));
  vi.stubEnv("PATH", directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** Programs of these names, which say them and more. */
function installed(...names: string[]) {
  for (const name of names) {
    const file = join(directory, name);
    writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && echo "${name} 12.2" && echo more\n`);
    chmodSync(file, 0o755);
  }
}

test("without a wish, the machine's own: gcc for it, gcc for the guests", async () => {
  const prefix = crossPrefix("arm64");
  installed("gcc", `${prefix}gcc`);
  expect(await findCompilers()).toEqual({
    ...{ host: "gcc 12.2", kernel: `${prefix}gcc 12.2`, compiler: `${prefix}gcc` },
    ...{ architecture: "arm64", crossPrefix: prefix, llvm: undefined, launcher: undefined },
  });
  installed("ccache");
  expect((await findCompilers()).launcher).toBe("ccache");
});

test("one that a person names is taken, and told as theirs where it is not there", async () => {
  installed("gcc", "mine-gcc");
  expect(await findCompilers({ crossCompile: "mine-" })).toMatchObject({
    ...{ compiler: "mine-gcc", kernel: "mine-gcc 12.2", crossPrefix: "mine-" },
  });
  const missing = findCompilers({ crossCompile: "other-" });
  await expect(missing).rejects.toBeInstanceOf(UsageError);
  await expect(missing).rejects.toThrow("CROSS_COMPILE=other-: there is no program other-gcc");
});

test("what a person's environment names is for Arm, and no other machine's compiler", async () => {
  const prefix = crossPrefix("x86-64");
  installed("gcc", `${prefix}gcc`, "mine-gcc");
  expect(await findCompilers({ architecture: "x86-64", crossCompile: "mine-" })).toMatchObject({
    ...{ architecture: "x86-64", compiler: `${prefix}gcc`, crossPrefix: prefix },
  });
});

test("that the machine's own is missing is no person's mistake", async () => {
  installed("gcc");
  await expect(findCompilers()).rejects.not.toBeInstanceOf(UsageError);
});

test("LLVM is taken with all of its tools, or told with the packages that bring what is missing", async () => {
  installed("gcc", "clang-19", "ld.lld-19");
  await expect(findCompilers({ llvm: "-19" })).rejects.toThrow(
    /LLVM=-19 needs tools that are not installed.*\n.*apt-get install --yes --no-install-recommends llvm-19$/,
  );
  installed("llvm-strip-19");
  expect(await findCompilers({ llvm: "-19" })).toMatchObject({
    ...{ compiler: "clang-19", kernel: "clang-19 12.2", llvm: "-19" },
  });
  const elsewhere = findCompilers({ llvm: "/opt/llvm/bin/" });
  await expect(elsewhere).rejects.toBeInstanceOf(UsageError);
  await expect(elsewhere).rejects.toThrow(
    "LLVM=/opt/llvm/bin/: there is no /opt/llvm/bin/clang, no /opt/llvm/bin/ld.lld, no /opt/llvm/bin/llvm-strip",
  );
});

test("LLVM of a directory is taken where all of it is there", async () => {
  installed("gcc", "clang", "ld.lld", "llvm-strip");
  expect(await findCompilers({ llvm: `${directory}/` })).toMatchObject({
    ...{ compiler: `${directory}/clang`, kernel: "clang 12.2" },
  });
  await expect(findCompilers({ llvm: "opt/bin/" })).rejects.toThrow(
    "LLVM=opt/bin/: there is no opt/bin/clang",
  );
});

test("a tool of LLVM's by the name that the kernel's makefiles call it by", () => {
  const tools = ["1", "-19", "/opt/bin/", "opt/bin/"].map((llvm) => llvmTool("clang", llvm));
  expect(tools).toEqual(["clang", "clang-19", "/opt/bin/clang", "opt/bin/clang"]);
});
