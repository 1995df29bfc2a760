// SPDX-License-Identifier: MIT

import { randomBytes } from "node:crypto";
import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { isSystemError } from "../../errors.ts";

/** Whether there is anything at `path`; links are followed. That it cannot be looked at is thrown. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifAbsent(undefined))) !== undefined;
}

/** A file's text; undefined where there is no such file. Any other reason why it cannot be read is thrown. */
export function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(ifAbsent(undefined));
}

/** Names in a directory; none where there is no such directory. Any other reason why it cannot be read is thrown. */
export function namesIfThere(directory: string): Promise<string[]> {
  return readdir(directory).catch(ifAbsent([]));
}

/** To catch errors with: what stands for something that is not there. What says anything else is thrown. */
export function ifAbsent<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (isAbsence(error)) return value;
    throw error;
  };
}

/** Whether a system call failed because nothing is at the path. */
export function isAbsence(error: unknown): boolean {
  return isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR");
}

/** Writes a whole file or, when killed, leaves the old one. Of several at once, in one process or more, the last one stays. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.new`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}
