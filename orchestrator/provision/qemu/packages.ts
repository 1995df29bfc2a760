// SPDX-License-Identifier: MIT
//
// QEMU of Debian's packages, unpacked without root. It runs with the packages' own C library and loader, so it does not
// matter how old the machine's are.

import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { architectureNames, type GuestArchitecture } from "../../guest-architectures.ts";
import { type Download, debPath } from "../archive/downloads.ts";
import type { QemuPin } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { readElfDependencies } from "../image/elf.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";

/** Directory of the cache. */
export const QEMU_PACKAGES = "qemu-packages";

/** The library that is to be loaded with QEMU, for the script that starts it. */
export const PRELOAD_VARIABLE = "NTB_EDMA_PRELOAD";

/** Directories below usr/share of what QEMU's machines need to run: its own data, and a PC's firmware. */
const DATA: Readonly<Record<GuestArchitecture, readonly string[]>> = {
  arm64: ["qemu"],
  "x86-64": ["qemu", "seabios"],
};

/** Of what the packages hold: the emulator, libraries, and data. */
function keptOf(architecture: GuestArchitecture): RegExp[] {
  return [
    new RegExp(`^usr/bin/${architectureNames[architecture].qemu.program}$`),
    /^usr\/lib(64)?\/ld-linux[^/]*$/,
    /^usr\/lib\/[^/]+-linux-gnu\/(qemu\/)?[^/]+\.so[^/]*$/,
    ...DATA[architecture].map((directory) => new RegExp(`^usr\\/share\\/${directory}\\/`)),
    /^usr\/share\/doc\/[^/]+\/copyright$/,
  ];
}

export function packagesKey(pin: QemuPin, architecture: GuestArchitecture): string {
  return cacheKey([QEMU_PACKAGES, pin.packages, keptOf(architecture).map(String)]);
}

/** Unpacks the emulator and all it needs, beside a script that runs it. */
export function unpackPackages(
  cache: Cache,
  { pin, directory }: Download<QemuPin>,
  architecture: GuestArchitecture,
  task: Task,
): Promise<string> {
  return cache.produce(QEMU_PACKAGES, packagesKey(pin, architecture), task, async (into) => {
    const root = join(into, "root");
    const all = join(into, "all");
    await mkdir(all);
    for (const pinned of pin.packages) {
      await task.run("dpkg-deb", ["--extract", debPath(directory, pinned), all]);
    }
    await keepWhatCounts(all, root, keptOf(architecture));
    await rm(all, { recursive: true });
    const script = join(into, architectureNames[architecture].qemu.program);
    await writeFile(script, await runScript(root, architecture));
    await chmod(script, 0o755);
  });
}

/** Moves what is to stay, links among it, from one tree to another. */
async function keepWhatCounts(
  from: string,
  to: string,
  kept: readonly RegExp[],
  below = "",
): Promise<void> {
  for (const entry of await readdir(join(from, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) await keepWhatCounts(from, to, kept, path);
    else if (kept.some((pattern) => pattern.test(path))) {
      await mkdir(join(to, below), { recursive: true });
      await rename(join(from, path), join(to, path));
    }
  }
}

/** Starts the emulator wherever the directory has come to lie. */
async function runScript(root: string, architecture: GuestArchitecture): Promise<string> {
  const { program } = architectureNames[architecture].qemu;
  const file = await readFile(join(root, "usr/bin", program));
  const interpreter = readElfDependencies(file)?.interpreter;
  if (interpreter === undefined) throw new Error(`${program} names no loader`);
  const loader = join("usr", interpreter);
  if (!(await exists(join(root, loader)))) {
    throw new Error(`the packages have no ${interpreter}, which ${program} wants to be run by`);
  }
  const libraries = (await readdir(join(root, "usr/lib"))).find((name) => name.endsWith("-gnu"));
  const data = DATA[architecture].map((directory) => `-L "$root/usr/share/${directory}"`);
  return `#!/bin/sh
# ${program} of Debian's packages, run by their own loader. ${PRELOAD_VARIABLE} is a library to load with it.
root=\${0%/*}/root
exec "$root/${loader}" \${${PRELOAD_VARIABLE}:+--preload "$${PRELOAD_VARIABLE}"} \\
  --library-path "$root/usr/lib/${libraries}" "$root/usr/bin/${program}" ${data.join(" ")} "$@"
`;
}
