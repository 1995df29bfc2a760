// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { architectureNames } from "../../guest-architectures.ts";
import type { KernelInputs } from "./kernel-build.ts";

/** A hash of the tree's headers: modules are built with them, also with what the kernel itself shows nothing of. */
export function headersIdentity({ source, compilers }: KernelInputs): string {
  const { directory } = architectureNames[compilers.architecture];
  const hash = createHash("sha256");
  for (const below of ["include", `arch/${directory}/include`]) {
    const home = join(source.directory, below);
    if (!isThere(home, "isDirectory")) continue;
    for (const name of readdirSync(home, { recursive: true, encoding: "utf8" }).sort()) {
      const path = join(home, name);
      if (!isThere(path, "isFile")) continue;
      const content = readFileSync(path);
      hash.update(`${below}/${name}\0${content.length}\n`).update(content);
    }
  }
  return hash.digest("hex");
}

function isThere(path: string, as: "isFile" | "isDirectory"): boolean {
  return statSync(path, { throwIfNoEntry: false })?.[as]() ?? false;
}
