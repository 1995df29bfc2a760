// SPDX-License-Identifier: MIT
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bringUpToDate, isUpToDate, type Mirror, stampsOf } from "./mirror.ts";
import { runTask } from "./task.ts";

let root: string;
let mirror: Mirror;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mirror-"));
  mirror = { origin: join(root, "origin"), directory: join(root, "copy"), linked: false };
  put("a.c", "int a;\n");
  put("drivers/b.c", "int b;\n");
  put(".git/HEAD", "ref\n");
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string) {
  const file = join(mirror.origin, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  // Long ago, so that a new time stamp shows.
  utimesSync(file, 1000, text.length);
}

const update = (altered: readonly string[] = [], of = mirror) =>
  runTask(
    { signal: new AbortController().signal, progress: () => {} },
    { id: "copy", title: "Copy it" },
    join(root, "log"),
    (task) => bringUpToDate(of, altered, task),
  );
const copy = (path: string) => join(mirror.directory, path);
const read = (path: string) => readFileSync(copy(path), "utf8");

test("the first copy is whole, with its time stamps, and without the repository", async () => {
  expect(await isUpToDate(mirror)).toBe(false);
  expect(await update()).toBe(true);
  expect([read("a.c"), read("drivers/b.c")]).toEqual(["int a;\n", "int b;\n"]);
  expect(existsSync(copy(".git"))).toBe(false);
  expect(lstatSync(copy("a.c")).mtimeMs).toBe(lstatSync(join(mirror.origin, "a.c")).mtimeMs);
  expect(existsSync(`${mirror.directory}.partial`)).toBe(false);
  expect(await isUpToDate(mirror)).toBe(true);
  expect(await update()).toBe(false);
});

test("what has changed is copied with a new time stamp, and nothing else is touched", async () => {
  await update();
  const before = lstatSync(copy("drivers/b.c"));
  put("a.c", "int a = 1;\n");
  put("new/c.c", "int c;\n");
  expect(await isUpToDate(mirror)).toBe(false);
  const began = Date.now();
  expect(await update()).toBe(true);
  expect([read("a.c"), read("new/c.c")]).toEqual(["int a = 1;\n", "int c;\n"]);
  expect(lstatSync(copy("a.c")).mtimeMs).toBeGreaterThan(began - 60_000);
  const after = lstatSync(copy("drivers/b.c"));
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
});

test("what is gone goes, and what builds left in the copy stays", async () => {
  await update();
  writeFileSync(copy("a.o"), "object");
  rmSync(join(mirror.origin, "a.c"));
  expect(await update()).toBe(true);
  expect([existsSync(copy("a.c")), existsSync(copy("a.o"))]).toEqual([false, true]);
});

test("a mode that has changed is a change", async () => {
  await update();
  chmodSync(join(mirror.origin, "a.c"), 0o755);
  utimesSync(join(mirror.origin, "a.c"), 1000, 7);
  expect(await update()).toBe(true);
  expect(lstatSync(copy("a.c")).mode & 0o777).toBe(0o755);
});

test("what was altered in the copy is restored, which is no change of the origin's", async () => {
  await update();
  writeFileSync(copy("a.c"), "patched");
  writeFileSync(copy("added.c"), "by a patch");
  expect(await update(["a.c", "added.c"])).toBe(false);
  expect(read("a.c")).toBe("int a;\n");
  expect(existsSync(copy("added.c"))).toBe(false);
});

test("a directory may become a link, and a link a directory", async () => {
  symlinkSync("drivers", join(mirror.origin, "link"));
  await update();
  expect(readlinkSync(copy("link"))).toBe("drivers");
  rmSync(join(mirror.origin, "link"));
  put("link/d.c", "int d;\n");
  rmSync(join(mirror.origin, "drivers"), { recursive: true });
  symlinkSync("link", join(mirror.origin, "drivers"));
  expect(await update()).toBe(true);
  expect(readlinkSync(copy("drivers"))).toBe("link");
  expect(read("link/d.c")).toBe("int d;\n");
});

test("an origin that never changes is shared, and an edit of the copy does not reach it", async () => {
  const linked = { ...mirror, linked: true };
  await update([], linked);
  const ino = (path: string) => lstatSync(path).ino;
  expect(ino(copy("a.c"))).toBe(ino(join(mirror.origin, "a.c")));
  rmSync(copy("a.c"));
  writeFileSync(copy("a.c"), "patched");
  await update(["a.c"], linked);
  expect(read("a.c")).toBe("int a;\n");
  expect(ino(copy("a.c"))).not.toBe(ino(join(mirror.origin, "a.c")));
});

test("a copy that was removed is made anew, and so is one that was cut off", async () => {
  await update();
  rmSync(mirror.directory, { recursive: true });
  expect(await isUpToDate(mirror)).toBe(false);
  mkdirSync(`${mirror.directory}.partial/left`, { recursive: true });
  expect(await update()).toBe(true);
  expect(read("a.c")).toBe("int a;\n");
  expect(existsSync(copy("left"))).toBe(false);
  // One without its record may be of anything.
  rmSync(`${mirror.directory}.stamps.json`);
  writeFileSync(copy("stray"), "");
  expect(await update()).toBe(true);
  expect(existsSync(copy("stray"))).toBe(false);
});

test("stamps are in the order of paths, of files and not of directories", () => {
  put("a/z.c", "");
  expect(Object.keys(stampsOf(mirror.origin))).toEqual(["a/z.c", "a.c", "drivers/b.c"]);
});
