// SPDX-License-Identifier: MIT
//
// What people and programs need who look into a kernel: its own modules with their debug information and, where it was
// configured to have them, its scripts for gdb. Kept in the cache beside the kernel, for its build tree may be gone.

import { copyFile, cp, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { KernelDebug } from "../../artifacts.ts";
import type { Kind, Result } from "../cache/product.ts";
import { exists } from "../work/files.ts";
import type { BuiltKernel } from "./kernel.ts";
import { treeModules } from "./kernel-build.ts";

const MODULES = "modules";

/** Sourced by gdb; it looks for all else in scripts/gdb beside it. */
const SCRIPTS = "vmlinux-gdb.py";
const SCRIPTS_HOME = "scripts/gdb";

export const kernelDebugKind: Kind<BuiltKernel> = {
  name: "kernel-debug",
  title: "Keep the kernel's debug information",
  inputs: ({ key }) => key,
  make: (cache, kernel, into, task) =>
    cache.withTree(kernel.tree, task, async (build) => {
      await mkdir(join(into, MODULES));
      for (const path of await treeModules(build)) {
        await copyFile(join(build, path), join(into, MODULES, basename(path)));
      }
      if (!(await exists(join(build, SCRIPTS)))) return;
      // Most of them are links into the source.
      await copyFile(join(build, SCRIPTS), join(into, SCRIPTS));
      await cp(join(build, SCRIPTS_HOME), join(into, SCRIPTS_HOME), {
        ...{ recursive: true, dereference: true },
        filter: (path) => !/\/__pycache__$|\.cmd$/.test(path),
      });
    }),
};

export async function kernelDebugOf({ directory }: Result): Promise<KernelDebug> {
  const scripts = join(directory, SCRIPTS);
  return {
    modules: join(directory, MODULES),
    gdbScripts: (await exists(scripts)) ? scripts : undefined,
  };
}
