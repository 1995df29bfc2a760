// SPDX-License-Identifier: MIT
//
// Of QEMU's source, what the devices are compiled against: headers, and the generators of more of them.

import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PinnedSource } from "../archive/apt.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";

/** Directory of the cache. */
export const QEMU_HEADERS = "qemu-headers";

/** Files and directories of QEMU's source; a later QEMU may be without one. */
const KEPT = [
  ...["VERSION", "COPYING", "configure", "include", "host/include", "linux-headers"],
  // The last because a header of the machine wants one of the processor.
  ...["qapi", "scripts", "python", "trace", "target/arm"],
  // The accelerator that the device tests need, and what marks a module as QEMU's own.
  ...["accel/qtest", "module-common.c"],
];

export function headersKey(source: PinnedSource): string {
  return cacheKey([QEMU_HEADERS, source, KEPT]);
}

/** Unpacks QEMU's source, which is in `directory`, with Debian's patches, and keeps its headers. */
export function unpackHeaders(
  cache: Cache,
  source: PinnedSource,
  directory: string,
  task: Task,
): Promise<string> {
  return cache.produce(QEMU_HEADERS, headersKey(source), task, async (into) => {
    const description = source.files.find(({ fileName }) => fileName.endsWith(".dsc"));
    if (description === undefined) throw new Error("the source package of QEMU has no .dsc file");
    const all = join(into, "all");
    // apt has checked every file against the signed index; the maintainer's own key need not be on this machine.
    const options = ["--no-check", "--no-copy", "--extract"];
    await task.run("dpkg-source", [...options, join(directory, description.fileName), all]);
    for (const path of KEPT) {
      if (!(await exists(join(all, path)))) continue;
      await mkdir(dirname(join(into, path)), { recursive: true });
      await cp(join(all, path), join(into, path), {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
      });
    }
    await rm(all, { recursive: true });
  });
}
