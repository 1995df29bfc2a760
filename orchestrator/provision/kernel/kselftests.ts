// SPDX-License-Identifier: MIT
//
// The kernel's own tests for endpoints and NTBs, from the tree that a guest's kernel is built from, by that tree's own
// makefiles. They are linked statically: their C library is the cross compiler's, not the image's.

import { chmod, copyFile, mkdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { Lack } from "../../artifacts.ts";
import { sha256 } from "../cache/cache-key.ts";
import type { Kind } from "../cache/product.ts";
import { exists, ifAbsent, namesIfThere } from "../work/files.ts";
import type { BuiltKernel } from "./kernel.ts";
import { makeArguments } from "./kernel-build.ts";

/** Directories of tools/testing/selftests that have something to compile. */
const TARGETS = ["pci_endpoint"];

/** Programs and scripts that the image gets, by their path below tools/testing/selftests. */
const PROGRAMS = ["pci_endpoint/pci_endpoint_test"];
const SCRIPTS = ["ntb/ntb_test.sh"];

/** What a scenario may need of them; each is in the image unless the kernel's tree lacks it. */
export const kselftestNames: readonly string[] = [...TARGETS, ...SCRIPTS];

const HOME = "tools/testing/selftests";
const SOURCE = /(\.[chS]|\.mk|\.sh|Makefile)$/;

/** What they say of their own source files then holds no path of this machine; part of what decides the result. */
const PREFIX_MAP = "-ffile-prefix-map";

export interface KselftestInputs {
  readonly kernel: BuiltKernel;
  /** What they are built from; empty for a fixed tree, whose kernel's key says it. */
  readonly sources: readonly SourceHash[];
}

type SourceHash = readonly [path: string, hash: string];

/** A directory laid out like tools/testing/selftests. */
export const kselftestsKind: Kind<KselftestInputs> = {
  name: "kselftests",
  title: "Build the kernel's own tests",
  inputs: ({ kernel, sources }) => {
    const { compilers, source } = kernel.inputs;
    const origin = source.fixed === undefined ? [compilers.kernel, sources] : kernel.key;
    return [origin, TARGETS, PROGRAMS, SCRIPTS, PREFIX_MAP];
  },
  make: (cache, { kernel }, into, task) =>
    cache.withTree(kernel.tree, task, async (build) => {
      const { directory } = kernel.inputs.source;
      const tests = await kselftestsOf(directory);
      const has = (path: string) => tests.some((name) => `${path}/`.startsWith(`${name}/`));
      const targets = TARGETS.filter(has);
      // The compiler's C library is the GNU tools', whatever the kernel is built by.
      const { compilers } = kernel.inputs;
      const gnu = { ...compilers, llvm: undefined, compiler: `${compilers.crossPrefix}gcc` };
      if (targets.length > 0) {
        const make = makeArguments({ ...kernel.inputs, compilers: gnu }, build);
        // One that does not compile is an error, even when others do.
        const options = [
          `TARGETS=${targets.join(" ")}`,
          "FORCE_TARGETS=1",
          "USERLDFLAGS=-static",
          `USERCFLAGS=${PREFIX_MAP}=${join(directory, HOME)}/=`,
        ];
        const jobs = `-j${availableParallelism()}`;
        await task.run("make", [...make, jobs, ...options, "kselftest-all"]);
      }
      for (const path of PROGRAMS.filter(has)) {
        await install(join(build, "kselftest", path), join(into, path));
      }
      for (const path of SCRIPTS.filter(has)) {
        await install(join(directory, HOME, path), join(into, path));
      }
    }),
};

/** What a live tree's tests are built from: their own files and what they share with other tests, by path and hash. */
export async function kselftestSources({ inputs }: BuiltKernel): Promise<SourceHash[]> {
  const { directory, fixed } = inputs.source;
  if (fixed !== undefined) return [];
  const paths: string[] = ["include/uapi/linux/pcitest.h"];
  for (const below of ["", ...TARGETS, ...SCRIPTS.map(dirname)]) {
    const names = await namesIfThere(join(directory, HOME, below));
    paths.push(...names.filter((name) => SOURCE.test(name)).map((name) => join(HOME, below, name)));
  }
  const hashes = paths.map(async (path): Promise<SourceHash> => {
    const data = await readFile(join(directory, path)).catch(ifAbsent(""));
    return [path, sha256(data)];
  });
  return Promise.all(hashes);
}

/** Those of `kselftestNames` that a tree has. */
export async function kselftestsOf(source: string): Promise<string[]> {
  const found = kselftestNames.map(async (path) =>
    (await exists(join(source, HOME, path))) ? [path] : [],
  );
  return (await Promise.all(found)).flat();
}

/** Tests that the kernel's tree does not have. */
export function kselftestLacks(tests: readonly string[]): Lack[] {
  return kselftestNames
    .filter((path) => !tests.includes(path))
    .map((path) => ({ name: path, reason: `this kernel's tree has no ${HOME}/${path}` }));
}

async function install(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, 0o755);
}
