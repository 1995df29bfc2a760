// SPDX-License-Identifier: MIT
//
// What the jobs of one run hand to each other by actions/upload-artifact and actions/download-artifact.

import { chmod, copyFile, cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, matchesGlob, relative } from "node:path";

export class Artifacts {
  readonly names = new Set<string>();
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws Error where actions/upload-artifact fails. */
  async upload(workspace: string, given: Readonly<Record<string, string>>): Promise<string> {
    const { name = "artifact", path = "", overwrite = "false" } = given;
    if (/[*?[!\n]/.test(path.trim())) throw new Error(`expected one path, got ${path}`);
    const whole = join(workspace, path.trim());
    const files = await filesIn(whole);
    if (files.length === 0) {
      const told = `there is nothing at ${path}`;
      if (given["if-no-files-found"] === "error") throw new Error(told);
      return told;
    }
    if (this.names.has(name) && overwrite !== "true") throw new Error(`there is ${name} already`);
    // Of a directory its content is kept, of a file the file.
    const root = (await stat(whole)).isDirectory() ? whole : dirname(whole);
    const to = join(this.#directory, name);
    await rm(to, { recursive: true, force: true });
    for (const file of files) {
      const target = join(to, relative(root, file));
      await mkdir(dirname(target), { recursive: true });
      // Neither times nor rights go along.
      await copyFile(file, target);
      await chmod(target, 0o644);
    }
    this.names.add(name);
    return `${name}: ${files.length} files`;
  }

  /** @throws Error where actions/download-artifact fails. */
  async download(workspace: string, given: Readonly<Record<string, string>>): Promise<string> {
    const { name, pattern, path = "." } = given;
    const into = join(workspace, path);
    if (name !== undefined) {
      if (!this.names.has(name)) throw new Error(`there is no artifact ${name}`);
      await cp(join(this.#directory, name), into, { recursive: true });
      return name;
    }
    const wanted = [...this.names].filter((one) => matchesGlob(one, pattern ?? "*"));
    for (const one of wanted) {
      await cp(join(this.#directory, one), join(into, one), { recursive: true });
    }
    return wanted.join(", ") || "none";
  }
}

/** A file, or all in a directory but for what is hidden. */
async function filesIn(path: string): Promise<string[]> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return [];
  if (!status.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => !name.startsWith("."));
  return (await Promise.all(names.map((name) => filesIn(join(path, name))))).flat();
}
