// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readElfDependencies } from "./elf.ts";
import { collectRootfs } from "./rootfs.ts";

/** Any dynamic program of this machine. */
const DYNAMIC_PROGRAM = "/bin/sleep";

let root: string;

function write(path: string, text: string, mode = 0o644): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text, { mode });
}

function collect() {
  return collectRootfs({ unpacked: join(root, "unpacked"), definition: join(root, "definition") });
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

test("a dynamic program tells its run-time linker and libraries; a script has none", () => {
  const wants = readElfDependencies(readFileSync(DYNAMIC_PROGRAM));
  expect(wants?.interpreter).toMatch(/^\/lib.*\/ld-linux/);
  expect(wants?.needed).toContain("libc.so.6");
  expect(readElfDependencies(Buffer.from("#!/bin/sh\n".repeat(20)))).toBeUndefined();
});
