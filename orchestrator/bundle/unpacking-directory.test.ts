// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../errors.ts";
import { unpackingDirectory } from "./unpacking-directory.ts";

test("the same file is unpacked in the same place, one after the other; another elsewhere", async () => {
  const root = mkdtempSync(join(tmpdir(), "unpacking-directory-test-"));
  try {
    const [one, copy, other] = ["one", "copy", "other"].map((name) => join(root, name));
    for (const file of [one, copy]) writeFileSync(file ?? "", "a bundle");
    writeFileSync(other ?? "", "another");
    const waits: string[] = [];
    const unpack = (file = "") => unpackingDirectory(file, () => waits.push(file), root);
    const first = await unpack(one);
    writeFileSync(join(first.path, "file"), "");
    const waiting = unpack(copy);
    const elsewhere = await unpack(other);
    expect(elsewhere.path).not.toBe(first.path);
    expect(existsSync(join(first.path, "file"))).toBe(true);
    await Promise.all([first.remove(), elsewhere.remove()]);
    const second = await waiting;
    expect(second.path).toBe(first.path);
    expect(waits).toEqual([copy]);
    expect(readdirSync(second.path)).toEqual([]);
    await second.remove();
    expect(existsSync(second.path)).toBe(false);
    await expect(unpack(join(root, "none"))).rejects.toThrow(UsageError);
  } finally {
    rmSync(root, { recursive: true });
  }
});
