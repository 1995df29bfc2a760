// SPDX-License-Identifier: MIT
//
// QEMU of Debian's packages, unpacked without root. It runs with the packages' own C library and loader, so it does not
// matter how old the machine's are.

import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Download, debPath } from "../archive/downloads.ts";
import type { QemuPin } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { readElfDependencies } from "../image/elf.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";

/** Directory of the cache. */
export const QEMU_PACKAGES = "qemu-packages";

/** What the emulator is called, here and in Debian. */
export const QEMU_PROGRAM = "qemu-system-aarch64";

/** The library that is to be loaded with QEMU, for the script that starts it. */
export const PRELOAD_VARIABLE = "NTB_EDMA_PRELOAD";

/** Of what the packages hold: the emulator, libraries, and QEMU's own data. */
const KEPT = [
  new RegExp(`^usr/bin/${QEMU_PROGRAM}$`),
  /^usr\/lib(64)?\/ld-linux[^/]*$/,
  /^usr\/lib\/[^/]+-linux-gnu\/(qemu\/)?[^/]+\.so[^/]*$/,
  /^usr\/share\/qemu\//,
  /^usr\/share\/doc\/[^/]+\/copyright$/,
];

export function packagesKey(pin: QemuPin): string {
  return cacheKey([QEMU_PACKAGES, pin.packages, KEPT.map(String)]);
}

/** Unpacks the emulator and all it needs, beside a script that runs it. */
export function unpackPackages(
  cache: Cache,
  { pin, directory }: Download<QemuPin>,
  task: Task,
): Promise<string> {
  return cache.produce(QEMU_PACKAGES, packagesKey(pin), task, async (into) => {
    const root = join(into, "root");
    const all = join(into, "all");
    await mkdir(all);
    for (const pinned of pin.packages) {
      await task.run("dpkg-deb", ["--extract", debPath(directory, pinned), all]);
    }
    await keepWhatCounts(all, root);
    await rm(all, { recursive: true });
    const script = join(into, QEMU_PROGRAM);
    await writeFile(script, await runScript(root));
    await chmod(script, 0o755);
  });
}

/** Moves what is to stay, links among it, from one tree to another. */
async function keepWhatCounts(from: string, to: string, below = ""): Promise<void> {
  for (const entry of await readdir(join(from, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) await keepWhatCounts(from, to, path);
    else if (KEPT.some((pattern) => pattern.test(path))) {
      await mkdir(join(to, below), { recursive: true });
      await rename(join(from, path), join(to, path));
    }
  }
}

/** Starts the emulator wherever the directory has come to lie. */
async function runScript(root: string): Promise<string> {
  const program = await readFile(join(root, "usr/bin", QEMU_PROGRAM));
  const interpreter = readElfDependencies(program)?.interpreter;
  if (interpreter === undefined) throw new Error(`${QEMU_PROGRAM} names no loader`);
  const loader = join("usr", interpreter);
  if (!(await exists(join(root, loader)))) {
    throw new Error(
      `the packages have no ${interpreter}, which ${QEMU_PROGRAM} wants to be run by`,
    );
  }
  const libraries = (await readdir(join(root, "usr/lib"))).find((name) => name.endsWith("-gnu"));
  return `#!/bin/sh
# ${QEMU_PROGRAM} of Debian's packages, run by their own loader. ${PRELOAD_VARIABLE} is a library to load with it.
root=\${0%/*}/root
exec "$root/${loader}" \${${PRELOAD_VARIABLE}:+--preload "$${PRELOAD_VARIABLE}"} \\
  --library-path "$root/usr/lib/${libraries}" "$root/usr/bin/${QEMU_PROGRAM}" -L "$root/usr/share/qemu" "$@"
`;
}
