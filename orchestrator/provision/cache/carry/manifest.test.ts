// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { filesOf } from "./manifest.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "manifest-test-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("all files of a result are named in order, with what tells them from others", async () => {
  mkdirSync(join(root, "b/empty"), { recursive: true });
  // Small, of several pieces, and as long as what is read at once.
  const texts = { a: "", "b/large": "x".repeat((5 << 20) + 1), "b/mib": "y".repeat(1 << 20) };
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(root, path), text);
  writeFileSync(join(root, "tool"), "#!/bin/sh", { mode: 0o744 });
  symlinkSync("tool", join(root, "link"));
  const file = (path: string, text: string, executable = false) => ({
    ...{ path, executable, size: text.length },
    sha256: createHash("sha256").update(text).digest("hex"),
  });
  expect(await filesOf(root)).toEqual([
    ...Object.entries(texts).map(([path, text]) => file(path, text)),
    { path: "link", target: "tool" },
    file("tool", "#!/bin/sh", true),
  ]);
});
