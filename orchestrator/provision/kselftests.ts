// SPDX-License-Identifier: MIT
//
// The kernel's own tests for endpoints and NTBs, from the tree that the guests' kernel is built from, by that tree's own
// makefiles. They are linked statically: their C library is the cross compiler's, not the image's.

import { chmod, copyFile, mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { Compilers } from "./compilers.ts";
import { type BuiltKernel, makeArguments } from "./kernel.ts";
import type { Kind } from "./kind.ts";

/** Directories of tools/testing/selftests that have something to compile. */
const TARGETS = ["pci_endpoint"];

/** Programs and scripts that the image gets, by their path below tools/testing/selftests. */
const PROGRAMS = ["pci_endpoint/pci_endpoint_test"];
const SCRIPTS = ["ntb/ntb_test.sh"];

export interface KselftestInputs {
  readonly kernel: BuiltKernel;
  readonly compilers: Compilers;
}

/** A directory laid out like tools/testing/selftests. */
export const kselftestsKind: Kind<KselftestInputs> = {
  name: "kselftests",
  title: "Build the kernel's own tests",
  inputs: ({ kernel }) => [kernel.key, TARGETS, PROGRAMS, SCRIPTS],
  make: (cache, { kernel, compilers }, into, step) =>
    cache.withTree(kernel.tree, step, async (build) => {
      const { sourceDir } = kernel.artifacts;
      const make = makeArguments(sourceDir, build, compilers, kernel.compilerFlags);
      // One that does not compile is an error, even when others do.
      const options = [`TARGETS=${TARGETS.join(" ")}`, "USERLDFLAGS=-static", "FORCE_TARGETS=1"];
      const jobs = `-j${availableParallelism()}`;
      await step.run("make", [...make, jobs, ...options, "kselftest-all"]);
      const scripts = join(sourceDir, "tools/testing/selftests");
      for (const path of PROGRAMS) await install(join(build, "kselftest", path), join(into, path));
      for (const path of SCRIPTS) await install(join(scripts, path), join(into, path));
    }),
};

async function install(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, 0o755);
}
