// SPDX-License-Identifier: MIT

import { rename, stat, writeFile } from "node:fs/promises";

/** Whether there is anything at `path`; links are followed. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Writes a whole file or, when killed, leaves the old one. `path` must not be written by two processes at once. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}
