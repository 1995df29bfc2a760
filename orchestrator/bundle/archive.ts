// SPDX-License-Identifier: MIT
import { execa } from "execa";
import { UsageError } from "../errors.ts";

/** Packs a directory, under its own name, into a .tar.gz that tells nothing of who packed it. */
export async function pack(parent: string, name: string, file: string): Promise<void> {
  const anonymous = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name"];
  await execa("tar", [
    "--create",
    "--gzip",
    "--file",
    file,
    "--directory",
    parent,
    ...anonymous,
    name,
  ]);
}

/**
 * Unpacks a .tar.gz into a directory.
 *
 * @throws UsageError if it is no such file, or holds anything but plain files and directories below its top.
 */
export async function unpack(file: string, into: string): Promise<void> {
  const listed = await execa("tar", ["--list", "--verbose", "--gzip", "--file", file], {
    reject: false,
  });
  if (listed.exitCode !== 0) {
    throw new UsageError(`${file} is no bundle: expected a .tar.gz; ${firstLine(listed.stderr)}`);
  }
  // Links could lead out of the directory. tar itself refuses names with ".." and strips a leading slash.
  const strange = listed.stdout.split("\n").find((line) => line !== "" && !/^[-d]/.test(line));
  if (strange !== undefined) {
    throw new UsageError(`${file} is no bundle: expected plain files, found ${strange}`);
  }
  const own = ["--no-same-owner", "--no-same-permissions"];
  await execa("tar", ["--extract", "--gzip", "--file", file, "--directory", into, ...own]);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
