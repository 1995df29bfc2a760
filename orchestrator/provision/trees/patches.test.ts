// SPDX-License-Identifier: MIT
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../../errors.ts";
import { runTask } from "../work/task.ts";
import { applyPatches, readPatches, seriesFile } from "./patches.ts";

// Git takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const ID = "20260101.1-1-a@mail.example";
const series = `From 0000 Mon Sep 17 00:00:00 2001
From: A <a@b.example>
Subject: [PATCH] core: count

---
diff --git a/x.c b/x.c
--- a/x.c
+++ b/x.c
@@ -1 +1 @@
-a
+b
`;

let root: string;
let work: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "patches-test-"));
  work = join(root, "work");
  mkdirSync(join(root, "bin"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** A b4 of our own, first in the search path. */
function installB4(script: string) {
  const program = join(root, "bin/b4");
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  vi.stubEnv("PATH", `${join(root, "bin")}:${process.env.PATH}`);
}

function read(word: string) {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "patch", title: "Patch" }, undefined, (task) =>
    readPatches(word, work, task),
  );
}

test("a message id's series is fetched by b4, once, and stays", async () => {
  writeFileSync(join(root, "mbox"), series);
  installB4(
    `[ "$1" = --version ] && exit 0\n[ "$*" = "am --outdir ${work} --mbox-name series.mbx -- ${ID}" ] && [ ! -e ${root}/called ] && touch ${root}/called && cp ${root}/mbox ${work}/series.mbx`,
  );
  const [patch] = await read(`<${ID}>`);
  expect(patch?.title).toBe("core: count");
  expect(await read(`<${ID}>`)).toHaveLength(1);
  expect(seriesFile(`<${ID}>`, work)).toBe(join(work, "series.mbx"));
});

test("b4's own words are told when it fails", async () => {
  installB4('[ "$1" = --version ] && exit 0\necho "Server returned an error: 404"; exit 1');
  const failing = read(ID);
  await expect(failing).rejects.toThrow(UsageError);
  await expect(failing).rejects.toThrow(
    `${ID}: b4 could not fetch it: Server returned an error: 404`,
  );
});

test("without b4 the message says what helps", async () => {
  installB4("exit 127");
  await expect(read(ID)).rejects.toThrow(/b4 is needed[\s\S]*apt-get install[\s\S]*mailbox/);
});

test("that b4 has found nothing is told, though it did not fail", async () => {
  installB4("exit 0");
  await expect(read(ID)).rejects.toThrow(`--patches ${ID}: b4 found no patches there`);
});

test("what begins as a mailbox does and is none is told with its name", async () => {
  const file = join(root, "letter");
  writeFileSync(file, "From here on it goes well\n");
  const failing = read(file);
  await expect(failing).rejects.toThrow(UsageError);
  await expect(failing).rejects.toThrow(`--patches: ${file}: `);
});

test("without git the message says what helps", async () => {
  writeFileSync(join(root, "x.patch"), series);
  vi.stubEnv("PATH", join(root, "bin"));
  await expect(read(join(root, "x.patch"))).rejects.toThrow(/needs git: +sudo apt-get install/);
});

test("a file in which there is no patch is told", async () => {
  writeFileSync(join(root, "notes"), "To do: a patch.\n");
  await expect(read(join(root, "notes"))).rejects.toThrow(
    `--patches: there is no patch in ${join(root, "notes")}`,
  );
});

test("what does not apply is told with the patch, its hunk and git's reasons", async () => {
  writeFileSync(join(root, "mbox"), series + series);
  const patches = await read(join(root, "mbox"));
  const apply = () => applyPatches(patches, root);
  await expect(apply()).rejects.toThrow(UsageError);
  await expect(apply()).rejects.toThrow(
    /^--patches: patch 1 of 2 does not apply: core: count\n {2}x\.c: No such file or directory$/,
  );
  writeFileSync(join(root, "x.c"), "a\n");
  await expect(apply()).rejects.toThrow(
    /^--patches: patch 2 of 2 does not apply: core: count\n {2}x\.c\n {2}@@ -1 \+1 @@\n {2}patch failed: x\.c:1\n {2}x\.c: patch does not apply$/,
  );
});
