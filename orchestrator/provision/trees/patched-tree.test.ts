// SPDX-License-Identifier: MIT
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UsageError } from "../../errors.ts";
import { Cache } from "../cache/cache.ts";
import { runTask } from "../work/task.ts";
import type { KernelTree } from "./kernel-source.ts";
import { makeOwnPatchedTree, ownPatchedTree, patchedTree } from "./patched-tree.ts";

// Git takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const FILE = "drivers/ntb/core.c";
const OLD = new Date("2026-01-01");
const text = (word: string) => `one\ntwo\nthree\n${word}\nfive\nsix\nseven\n`;

/** A mail whose patch changes the fourth line. */
const mail = (subject: string, from: string, to: string) => `From 0000 Mon Sep 17 00:00:00 2001
From: A <a@b.example>
Date: Thu, 1 Jan 2026 00:00:00 +0000
Subject: [PATCH] ${subject}

Why.
---
 ${FILE} | 2 +-

diff --git a/${FILE} b/${FILE}
--- a/${FILE}
+++ b/${FILE}
@@ -1,7 +1,7 @@ int f(void)
 one
 two
 three
-${from}
+${to}
 five
 six
 seven
--${" "}
2.47.0

`;
const cover = `From 0000 Mon Sep 17 00:00:00 2001
From: A <a@b.example>
Subject: [PATCH 0/2] A series

What it is for.

`;

let root: string;
let origin: string;
let series: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "patched-tree-test-"));
  origin = join(root, "origin");
  series = join(root, "series.mbox");
  mkdirSync(join(origin, "drivers/ntb"), { recursive: true });
  writeFileSync(join(origin, FILE), text("four"));
  writeFileSync(join(origin, "Makefile"), "VERSION = 7\n");
  for (const path of [FILE, "Makefile"]) utimesSync(join(origin, path), OLD, OLD);
  writeFileSync(series, mail("core: count", "four", "4"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function patched(
  fixed?: string[],
  word: string | string[] = series,
  near?: KernelTree[],
): Promise<KernelTree> {
  const tree: KernelTree = {
    ...{ directory: origin, origin: "7.0 here", fixed, strict: false },
    ...(near === undefined ? {} : { near }),
  };
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "patch", title: "Patch" }, undefined, (task) =>
    patchedTree(new Cache(join(root, "cache")), tree, [word].flat(), task),
  );
}
const read = ({ directory }: KernelTree, path = FILE) =>
  readFileSync(join(directory, path), "utf8");
const time = ({ directory }: KernelTree, path = FILE) => statSync(join(directory, path)).mtimeMs;

test.each([[undefined], [["a fixed tree"]]])(
  "the series is on the copy alone (fixed: %s)",
  async (fixed) => {
    const tree = await patched(fixed);
    expect(read(tree)).toBe(text("4"));
    expect(readFileSync(join(origin, FILE), "utf8")).toBe(text("four"));
    expect(tree).toMatchObject({ fixed: undefined, strict: false, ours: true, patches: series });
    expect(tree.applied).toEqual([basename(series, ".patch")]);
    // What never changes is shared, but for what a patch touches.
    const shared = (path: string) =>
      statSync(join(tree.directory, path)).ino === statSync(join(origin, path)).ino;
    expect([FILE, "Makefile"].map(shared)).toEqual([false, fixed !== undefined]);
    expect(tree.origin).toMatch(/^7\.0 here, 1 patch on it \([0-9a-f]{8}\)$/);
  },
);

test("mails in order, after a cover letter", async () => {
  writeFileSync(series, cover + mail("core: count", "four", "4") + mail("core: more", "4", "IV"));
  const tree = await patched();
  expect(read(tree)).toBe(text("IV"));
  expect(tree.origin).toContain("7.0 here, 2 patches on it (");
});

test("several series lie one on the other, and the last one's patches are told of", async () => {
  const second = join(root, "second.mbox");
  writeFileSync(second, mail("core: more", "4", "IV"));
  const tree = await patched(undefined, [series, second]);
  expect(read(tree)).toBe(text("IV"));
  expect(tree).toMatchObject({ patches: second });
  expect(tree.origin).toContain("7.0 here, 2 patches on it (");
  expect((await patched()).directory).not.toBe(tree.directory);
  await expect(patched(undefined, [second, series])).rejects.toThrow(
    "patch 1 of 2 does not apply: core: more",
  );
});

describe("the project's own patches", () => {
  const own = async (fixed: string[] | undefined, files: string[], strict = true) => {
    const cache = new Cache(join(root, "cache"));
    const tree: KernelTree = { directory: origin, origin: "7.0 here", fixed, strict };
    const environment = { signal: new AbortController().signal, progress: () => {} };
    const known = await ownPatchedTree(cache, tree, files);
    const made = await runTask(environment, { id: "p", title: "P" }, undefined, (task) =>
      makeOwnPatchedTree(cache, tree, files, task),
    );
    return { known, made };
  };

  test("make a fixed tree of a fixed one, which is known before it is there", async () => {
    const second = join(root, "second.mbox");
    writeFileSync(second, mail("core: more", "4", "IV"));
    const { known, made } = await own(["a fixed tree"], [series, second]);
    expect(made).toEqual(known);
    expect(read(made)).toBe(text("IV"));
    expect(made.fixed?.slice(0, -1)).toEqual(["a fixed tree"]);
    expect(made).toMatchObject({ ours: true, near: [{ directory: origin }] });
    expect(made.applied).toEqual([series, second].map((file) => basename(file)));
    expect(made.origin).toMatch(/^7\.0 here, 2 patches on it \([0-9a-f]{8}\)$/);
    // The origin stays as it is.
    expect(readFileSync(join(origin, FILE), "utf8")).toBe(text("four"));
  });

  test("that have changed make another one, and the one before stays", async () => {
    const before = await own(["a fixed tree"], [series]);
    writeFileSync(series, mail("core: count", "four", "IV"));
    const after = await own(["a fixed tree"], [series]);
    expect(after.made.directory).not.toBe(before.made.directory);
    expect(after.made.fixed).not.toEqual(before.made.fixed);
    expect([read(before.made), read(after.made)]).toEqual([text("4"), text("IV")]);
  });

  test("leave a kernel as strict as it is: nothing that it must have may be left out", async () => {
    const ofStrict = await own(["a fixed tree"], [series]);
    const ofOther = await own(["another"], [series], false);
    const strict = [ofStrict, ofOther].map(({ made, known }) => [made.strict, known.strict]);
    expect(strict).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test("make no fixed tree of a person's", async () => {
    expect((await own(undefined, [series])).made.fixed).toBeUndefined();
  });
});

test("a copy is one series' of one tree, and is near to that tree and to whatever that is near to", async () => {
  const one = await patched();
  writeFileSync(join(root, "other.mbox"), mail("core: other", "four", "IV"));
  const other = await patched(undefined, join(root, "other.mbox"));
  expect(other.directory).not.toBe(one.directory);
  expect([read(one), read(other)]).toEqual([text("4"), text("IV")]);
  const { origin: former, near } = one;
  expect(former).toContain("7.0 here");
  expect(near?.map(({ directory }) => directory)).toEqual([origin]);
  origin = join(root, "cloned");
  cpSync(join(root, "origin"), origin, { recursive: true });
  const sibling = { directory: "/sibling", origin: "sibling", fixed: undefined, strict: false };
  const clone = await patched(undefined, series, [sibling]);
  expect(clone.directory).not.toBe(one.directory);
  expect(clone.near?.map(({ directory }) => directory)).toEqual([origin, "/sibling"]);
});

test("a record of what is on the copy that cannot be read is an error", async () => {
  const { directory } = await patched();
  rmSync(`${directory}.state.json`);
  symlinkSync(`${directory}.state.json`, `${directory}.state.json`);
  await expect(patched()).rejects.toThrow("ELOOP");
});

test("a directory of patches in the order of their names, plain diffs and all", async () => {
  const directory = join(root, "patches");
  mkdirSync(directory);
  writeFileSync(join(directory, "0000-cover-letter.patch"), cover);
  writeFileSync(join(directory, "0002-more.patch"), mail("core: more", "4", "IV"));
  const plain = mail("", "four", "4");
  writeFileSync(join(directory, "0001-count.diff"), plain.slice(plain.indexOf("diff --git")));
  writeFileSync(join(directory, "notes.txt"), mail("core: none", "four", "no patch"));
  expect(read(await patched(undefined, directory))).toBe(text("IV"));
});

test("quoted-printable mails are decoded", async () => {
  writeFileSync(
    series,
    mail("core: count", "four", "a=3Db").replace(
      "Subject:",
      "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable\nSubject:",
    ),
  );
  expect(read(await patched())).toBe(text("a=b"));
});

test("what changed neither here nor there keeps its time; what changed gets a new one", async () => {
  const first = await patched();
  const applied = time(first);
  expect(time(first, "Makefile")).toBe(OLD.getTime());
  expect(time(await patched())).toBe(applied);
  writeFileSync(join(origin, "Makefile"), "VERSION = 8\n");
  const second = await patched();
  expect(second.directory).toBe(first.directory);
  expect(read(second, "Makefile")).toBe("VERSION = 8\n");
  expect(time(second, "Makefile")).toBeGreaterThan(OLD.getTime());
  expect(read(second)).toBe(text("4"));
  expect(time(second)).toBeCloseTo(applied, -1);
});

test("another series takes the former one's place; a file that it leaves alone is new to make", async () => {
  await patched();
  const added = `diff --git a/x/new.c b/x/new.c\nnew file mode 100644\n--- /dev/null\n+++ b/x/new.c\n@@ -0,0 +1 @@\n+new\n`;
  writeFileSync(series, added);
  const second = await patched();
  expect(read(second)).toBe(text("four"));
  expect(time(second)).toBeGreaterThan(OLD.getTime());
  expect(read(second, "x/new.c")).toBe("new\n");
  writeFileSync(series, mail("core: count", "four", "4"));
  const third = await patched();
  expect(read(third)).toBe(text("4"));
  expect(() => read(third, "x/new.c")).toThrow("ENOENT");
});

test("what does not apply is told with patch, file and hunk, and is forgotten by the next run", async () => {
  vi.stubEnv("LANGUAGE", "de");
  writeFileSync(series, mail("core: count", "four", "4") + mail("core: more", "five", "V"));
  const failing = patched();
  await expect(failing).rejects.toThrow(UsageError);
  await expect(failing).rejects.toThrow(
    /patch 2 of 2 does not apply: core: more\n {2}drivers\/ntb\/core\.c\n {2}@@ -1,7 \+1,7 @@ int f\(void\)/,
  );
  writeFileSync(series, mail("core: count", "four", "4"));
  expect(read(await patched())).toBe(text("4"));
});

test("no patch at all is told", async () => {
  writeFileSync(series, cover);
  await expect(patched()).rejects.toThrow(`there is no patch in ${series}`);
});

test("a directory that becomes a link to elsewhere, and back, costs nothing there", async () => {
  const elsewhere = join(root, "elsewhere");
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "core.c"), text("four"));
  mkdirSync(join(origin, "lib"));
  writeFileSync(join(origin, "lib/core.c"), "in the tree\n");
  await patched();
  rmSync(join(origin, "lib"), { recursive: true });
  symlinkSync(elsewhere, join(origin, "lib"));
  const linked = await patched();
  expect(readlinkSync(join(linked.directory, "lib"))).toBe(elsewhere);
  expect(readFileSync(join(elsewhere, "core.c"), "utf8")).toBe(text("four"));
  rmSync(join(origin, "lib"));
  mkdirSync(join(origin, "lib"));
  writeFileSync(join(origin, "lib/core.c"), "in the tree again\n");
  const back = await patched();
  expect(read(back, "lib/core.c")).toBe("in the tree again\n");
  expect(lstatSync(join(back.directory, "lib")).isDirectory()).toBe(true);
  expect(readFileSync(join(elsewhere, "core.c"), "utf8")).toBe(text("four"));
});

test.each(["../../../outside/x.c", "/outside/x.c", "drivers/../../x.c", "."])(
  "a patch of %s is refused, and nothing of it is remembered",
  async (path) => {
    const outside = join(root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "x.c"), "four\n");
    writeFileSync(series, `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-four\n+4\n`);
    await expect(patched()).rejects.toThrow(/leads out of the tree|cannot be read/);
    writeFileSync(series, mail("core: count", "four", "4"));
    expect(read(await patched())).toBe(text("4"));
    expect(readFileSync(join(outside, "x.c"), "utf8")).toBe("four\n");
  },
);

test.each([
  ["i", "w"],
  ["linux.orig", "linux"],
])("prefixes %s/ and %s/: the former version does not stay on the copy", async (old, fresh) => {
  const plain = mail("", "four", "4");
  const diff = plain.slice(plain.indexOf("--- a/")).replace("--- a/", `--- ${old}/`);
  writeFileSync(series, diff.replace("+++ b/", `+++ ${fresh}/`));
  expect(read(await patched())).toBe(text("4"));
  writeFileSync(series, `--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+new\n`);
  const second = await patched();
  expect(read(second)).toBe(text("four"));
  writeFileSync(series, mail("core: count", "four", "IV"));
  expect(read(await patched())).toBe(text("IV"));
});

test("a patch that only copies, or only changes a mode, is one, and goes when it goes", async () => {
  const header = `diff --git a/${FILE} b/x.c\nsimilarity index 100%\ncopy from ${FILE}\ncopy to x.c\n`;
  const mode = `diff --git a/Makefile b/Makefile\nold mode 100644\nnew mode 100755\n`;
  writeFileSync(series, header + mode);
  const first = await patched();
  expect(read(first, "x.c")).toBe(text("four"));
  expect(statSync(join(first.directory, "Makefile")).mode & 0o100).not.toBe(0);
  writeFileSync(series, mail("core: count", "four", "4"));
  const second = await patched();
  expect(() => read(second, "x.c")).toThrow("ENOENT");
  expect(statSync(join(second.directory, "Makefile")).mode & 0o100).toBe(0);
});

test("a file that a patch moves is back when the patch goes", async () => {
  const moved = `diff --git a/${FILE} b/x.c\nsimilarity index 100%\nrename from ${FILE}\nrename to x.c\n`;
  writeFileSync(series, moved);
  expect(read(await patched(), "x.c")).toBe(text("four"));
  writeFileSync(series, "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+new\n");
  const second = await patched();
  expect(read(second)).toBe(text("four"));
  expect(() => read(second, "x.c")).toThrow("ENOENT");
});

test("a damaged patch is told", async () => {
  writeFileSync(
    series,
    mail("core: count", "four", "4").replace("@@ -1,7 +1,7 @@", "@@ -1,7 +1,99 @@"),
  );
  await expect(patched()).rejects.toThrow(/"core: count" cannot be read: error: corrupt patch/);
});

test.each([
  ["a mail", (diff: string) => diff],
  ["a plain diff", (diff: string) => diff.slice(diff.indexOf("--- a/"))],
])("what is no UTF-8 stays as it is in %s", async (_name, form) => {
  const [old, fresh] = ["Ren\u00e9", "Ren\u00e9e"];
  writeFileSync(join(origin, FILE), text(old), "latin1");
  writeFileSync(series, form(mail("core: name", old, fresh)), "latin1");
  const { directory } = await patched();
  expect(readFileSync(join(directory, FILE), "latin1")).toBe(text(fresh));
});
