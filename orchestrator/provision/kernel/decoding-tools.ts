// SPDX-License-Identifier: MIT
//
// The programs by which stack traces are decoded, with the libraries that they load: a machine that has the kernel from
// elsewhere need not have them, nor a C library like this one's.

import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Kind, Result } from "../cache/product.ts";
import type { Task } from "../work/task.ts";
import type { Compilers } from "./compilers.ts";

/** What decode_stacktrace.sh calls, without a prefix. */
const PROGRAMS = ["addr2line", "nm", "readelf"];

/** Their prefix in the result, on every machine. */
const PREFIX = "aarch64-linux-gnu-";

export const decodingToolsKind: Kind<Compilers> = {
  name: "decoding-tools",
  title: "Keep the programs that decode stack traces",
  // They come with the compiler.
  inputs: ({ kernel, crossPrefix }) => [kernel, crossPrefix, PROGRAMS, script("", "")],
  make: async (_cache, { crossPrefix }, into, task) => {
    await mkdir(join(into, "root"));
    for (const name of PROGRAMS) {
      const program = await pathOf(`${crossPrefix}${name}`, task);
      const { loader, files } = await neededBy(program, task);
      for (const path of [program, ...files]) {
        await copyFile(path, join(into, "root", basename(path)));
      }
      const own = join(into, `${PREFIX}${name}`);
      await writeFile(own, script(basename(loader), basename(program)));
      await chmod(own, 0o755);
      // Whether it runs like this is better known now than when a stack is to be decoded.
      await task.query(own, ["--version"]);
    }
  },
};

/** What stands before their names, as CROSS_COMPILE has it. */
export function decodingPrefix({ directory }: Result): string {
  return join(directory, PREFIX);
}

/** Whatever path the directory has come to lie at. */
function script(loader: string, program: string): string {
  return `#!/bin/sh
root=\${0%/*}/root
exec "$root/${loader}" --library-path "$root" "$root/${program}" "$@"
`;
}

function pathOf(program: string, task: Task): Promise<string> {
  return task.query("sh", ["-c", 'command -v "$1"', "sh", program]);
}

/** The loader, and all files with it, as that itself tells it: `libz.so.1 => /lib/.../libz.so.1 (0x...)`, and its own path without an arrow. */
async function neededBy(
  program: string,
  task: Task,
): Promise<{ readonly loader: string; readonly files: readonly string[] }> {
  const lines = (await task.query("ldd", [program])).split("\n");
  const files = lines.flatMap((line) => /^\s*(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  const loader = files.find((path) => /\/ld[^/]*\.so/.test(path));
  const lost = lines.find((line) => line.includes("not found"));
  if (loader === undefined || lost !== undefined) {
    throw new Error(`ldd does not say what ${program} needs: ${lost ?? lines.join("; ")}`);
  }
  return { loader, files };
}
