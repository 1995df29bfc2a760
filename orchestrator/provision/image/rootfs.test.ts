// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readElfDependencies } from "./elf.ts";
import { collectRootfs, parseList, readTree } from "./rootfs.ts";

/** Any dynamic program of this machine. */
const DYNAMIC_PROGRAM = "/bin/sleep";

let root: string;

function write(path: string, text: string, mode = 0o644): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text, { mode });
}

function collect() {
  return collectRootfs({
    ...{ unpacked: join(root, "unpacked"), definition: join(root, "definition") },
    triplet: "aarch64-linux-gnu",
  });
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rootfs-test-"));
  write("unpacked/usr/bin/busybox", "\0cat\0ls\0", 0o755);
  write("unpacked/usr/bin/kmod", "#!/bin/sh\n", 0o755);
  mkdirSync(join(root, "unpacked/usr/sbin"));
  symlinkSync("../bin/kmod", join(root, "unpacked/usr/sbin/modprobe"));
  write("definition/programs", "# comment\n/usr/bin/busybox\n/sbin/modprobe\n");
  write("definition/applets", "cat\nls\n");
  write("definition/files/init", "#!/bin/sh\n", 0o755);
  write("definition/files/etc/hosts", "127.0.0.1 localhost\n", 0o600);
});
afterEach(() => rmSync(root, { recursive: true }));

test("programs bring what they are links to, applets are links, own files get plain modes", async () => {
  const entries = new Map((await collect()).map((entry) => [entry.path, entry]));
  expect(entries.get("usr/sbin/modprobe")).toMatchObject({
    kind: "symlink",
    target: "../bin/kmod",
  });
  expect(entries.get("usr/bin/kmod")).toMatchObject({ kind: "file", mode: 0o755 });
  expect(entries.get("usr/bin/ls")).toMatchObject({ kind: "symlink", target: "busybox" });
  expect(entries.get("init")).toMatchObject({ mode: 0o755 });
  expect(entries.get("etc/hosts")).toMatchObject({ mode: 0o644 });
  expect(entries.get("sbin")).toMatchObject({ kind: "symlink", target: "usr/sbin" });
});

test("a program that no package provides is named, with the list that wants it", async () => {
  write("definition/programs", "/usr/bin/busybox\n/usr/bin/absent\n");
  await expect(collect()).rejects.toThrow("/usr/bin/absent (wanted by programs)");
});

test("an applet that busybox does not have is named", async () => {
  write("definition/applets", "cat\nmake\n");
  await expect(collect()).rejects.toThrow("no applet make");
});

test("an applet must not hide a package's program", async () => {
  write("unpacked/usr/bin/busybox", "\0modprobe\0", 0o755);
  write("definition/applets", "modprobe\n");
  await expect(collect()).rejects.toThrow("'modprobe'");
});

test("a library that a program needs and no package provides is named", async () => {
  const program = readFileSync(DYNAMIC_PROGRAM);
  writeFileSync(join(root, "unpacked/usr/bin/kmod"), program, { mode: 0o755 });
  await expect(collect()).rejects.toThrow(/libc\.so\.6 \(wanted by \/usr\/bin\/kmod\)/);
});

/** A program that needs a library and says where it lies, with nothing else in it. */
function needing(library: string, directory: string): Buffer {
  const strings = Buffer.from(`\0${library}\0${directory}\0`);
  const [dynamicAt, stringsAt] = [64 + 2 * 56, 64 + 2 * 56 + 4 * 16];
  const file = Buffer.alloc(stringsAt + strings.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (index: number, type: number, at: number, size: number) => {
    file.writeUInt32LE(type, 64 + index * 56);
    for (const field of [8, 16]) file.writeBigUInt64LE(BigInt(at), 64 + index * 56 + field);
    file.writeBigUInt64LE(BigInt(size), 64 + index * 56 + 32);
  };
  segment(0, 1, 0, file.length);
  segment(1, 2, dynamicAt, 4 * 16);
  // DT_NEEDED, DT_RUNPATH, DT_STRTAB, and the end.
  [
    [1, 1],
    [29, 2 + library.length],
    [5, stringsAt],
  ].forEach(([tag = 0, value = 0], index) => {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  });
  strings.copy(file, stringsAt);
  return file;
}

test("a library comes from where its user says that it lies", async () => {
  write("unpacked/usr/bin/kmod", "", 0o755);
  const home = "/usr/lib/aarch64-linux-gnu/ceph";
  writeFileSync(join(root, "unpacked/usr/bin/kmod"), needing("libcommon.so.2", home));
  await expect(collect()).rejects.toThrow("libcommon.so.2 (wanted by /usr/bin/kmod)");
  write(`unpacked${home}/libcommon.so.2`, "a library");
  const paths = (await collect()).map(({ path }) => path);
  expect(paths).toContain(`${home.slice(1)}/libcommon.so.2`);
});

test("a dynamic program tells its run-time linker and libraries; a script has none", () => {
  const wants = readElfDependencies(readFileSync(DYNAMIC_PROGRAM));
  expect(wants?.interpreter).toMatch(/^\/lib.*\/ld-linux/);
  expect(wants?.needed).toContain("libc.so.6");
  expect(readElfDependencies(Buffer.from("#!/bin/sh\n".repeat(20)))).toBeUndefined();
});

test("all that is missing is named at once, with who wants it; a link's end is wanted by the link", async () => {
  write("definition/programs", "/usr/bin/busybox\n/sbin/modprobe\n/usr/bin/absent\n");
  rmSync(join(root, "unpacked/usr/bin/kmod"));
  await expect(collect()).rejects.toThrow(
    "the packages do not provide /usr/bin/absent (wanted by programs), /usr/bin/kmod (wanted by /usr/sbin/modprobe)",
  );
});

test("the root file system has the directories that are mounted on, and is in order", async () => {
  const entries = await collect();
  for (const path of ["dev", "proc", "sys", "run", "tmp", "var/log"]) {
    expect(entries).toContainEqual({ kind: "directory", path, mode: 0o755 });
  }
  const paths = entries.map(({ path }) => path);
  expect(paths).toEqual(paths.toSorted());
  expect(new Set(paths).size).toBe(paths.length);
});

test("an own file stands in the place of a package's", async () => {
  write("definition/files/usr/bin/kmod", "#!/bin/bash\n", 0o755);
  const found = (await collect()).find(({ path }) => path === "usr/bin/kmod");
  expect(found?.kind === "file" && String(found.data)).toBe("#!/bin/bash\n");
});

test("without busybox there are no applets; all that it does not have are named", async () => {
  write("definition/applets", "ls\nmake\nperl\n");
  await expect(collect()).rejects.toThrow("busybox has no applet make, perl (listed in 'applets')");
  write("definition/programs", "/sbin/modprobe\n");
  await expect(collect()).rejects.toThrow("'programs' must list /usr/bin/busybox");
});

test("libraries of this machine's kind are listed by where they lie on it, and links to them come along", async () => {
  const home = "unpacked/usr/lib/aarch64-linux-gnu";
  write("definition/programs", "/usr/bin/busybox\n/lib/TRIPLET/libnss.so\n");
  write(`${home}/libnss.so.2`, "a library");
  symlinkSync("libnss.so.2", join(root, home, "libnss.so"));
  const paths = (await collect()).map(({ path }) => path);
  const below = "usr/lib/aarch64-linux-gnu";
  expect(paths).toEqual(expect.arrayContaining([`${below}/libnss.so`, `${below}/libnss.so.2`]));
});

test("a library is taken from its user's own directory before all others, and else from the usual ones", async () => {
  const usual = "/usr/lib/aarch64-linux-gnu";
  writeFileSync(join(root, "unpacked/usr/bin/kmod"), needing("libown.so", "/usr/lib/own"));
  const libraries = async () =>
    (await collect()).map(({ path }) => path).filter((path) => path.endsWith("libown.so"));
  write("unpacked/usr/lib/libown.so", "old");
  expect(await libraries()).toEqual(["usr/lib/libown.so"]);
  write(`unpacked${usual}/libown.so`, "usual");
  expect(await libraries()).toEqual([`${usual.slice(1)}/libown.so`]);
  write("unpacked/usr/lib/own/libown.so", "own");
  expect(await libraries()).toEqual(["usr/lib/own/libown.so"]);
});

test("a tree is all of its files, links and directories, in order, below a prefix", async () => {
  write("tree/b/tool", "b", 0o700);
  write("tree/a", "a", 0o600);
  symlinkSync("a", join(root, "tree/c"));
  expect(await readTree(join(root, "tree"), "usr")).toEqual([
    { kind: "file", path: "usr/a", mode: 0o644, data: Buffer.from("a") },
    { kind: "directory", path: "usr/b", mode: 0o755 },
    { kind: "file", path: "usr/b/tool", mode: 0o755, data: Buffer.from("b") },
    { kind: "symlink", path: "usr/c", target: "a" },
  ]);
});

test("a list is its lines without blanks and comments", () => {
  expect(parseList("# all\n\n a \n  # none\nb#c\n\n")).toEqual(["a", "b#c"]);
});
