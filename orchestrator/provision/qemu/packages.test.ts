// SPDX-License-Identifier: MIT
//
// QEMU of Debian's packages, as packages made for the test have it: a program of this machine in its place.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GuestArchitecture } from "../../guest-architectures.ts";
import type { QemuPin } from "../archive/pins.ts";
import { Cache } from "../cache/cache.ts";
import { readElfDependencies } from "../image/elf.ts";
import { runTask, type Task } from "../work/task.ts";
import { packagesKey, unpackPackages } from "./packages.ts";

const QEMU_PROGRAM = "qemu-system-aarch64";

/** Any small program that loads libraries; `echo` tells what it was called with. */
const PROGRAM = "/bin/echo";

let root: string;
let cache: Cache;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "qemu-packages-test-")));
  cache = new Cache(join(root, "cache"));
  write(
    "deb/DEBIAN/control",
    "Package: qemu\nVersion: 10\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n",
  );
  write("deb/usr/share/qemu/efi.rom", "rom");
  write("deb/usr/share/doc/qemu/copyright", "free");
  write("deb/usr/share/doc/qemu/changelog", "long");
  write("deb/usr/bin/qemu-img", "no");
  copy(PROGRAM, `deb/usr/bin/${QEMU_PROGRAM}`);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  copyFileSync(realpathSync(from), join(root, to));
}

/** The loader and libraries of that program, where packages of today have them. */
function withLibraries(): void {
  const needs = readElfDependencies(Buffer.from(execFileSync("cat", [PROGRAM])));
  const { interpreter = "", needed = [] } = needs ?? {};
  copy(interpreter, join("deb/usr", interpreter));
  const home = execFileSync(
    "sh",
    ["-c", `ldd ${PROGRAM} | sed -n 's/.*=> \\(.*\\)\\/libc.so.*/\\1/p'`],
    {
      encoding: "utf8",
    },
  ).trim();
  for (const library of needed)
    copy(join(home, library), `deb/usr/lib/${process.arch}-linux-gnu/${library}`);
}

const pin: QemuPin = {
  version: "10",
  packages: [{ name: "qemu", version: "10", fileName: "qemu.deb", sha256: "0" }],
  source: { name: "qemu", version: "10", files: [] },
};

function unpack(architecture: GuestArchitecture = "arm64"): Promise<string> {
  const at = (path: string) => join(root, path);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", at("deb"), at("qemu.deb")]);
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "packages", title: "Packages" }, undefined, (task: Task) =>
    unpackPackages(cache, { pin, directory: root }, architecture, task),
  );
}

test("the emulator, its libraries and its data stay, and it runs wherever they have come to lie", async () => {
  withLibraries();
  const directory = await unpack();
  const kept = readdirSync(join(directory, "root"), { recursive: true, encoding: "utf8" });
  expect(kept).toContain(`usr/bin/${QEMU_PROGRAM}`);
  expect(kept).toContain("usr/share/qemu/efi.rom");
  expect(kept).toContain("usr/share/doc/qemu/copyright");
  expect(kept.some((path) => path.endsWith("/libc.so.6"))).toBe(true);
  for (const gone of ["usr/bin/qemu-img", "usr/share/doc/qemu/changelog"]) {
    expect(kept).not.toContain(gone);
  }
  expect(existsSync(join(directory, "all"))).toBe(false);
  const moved = join(root, "moved");
  renameSync(directory, moved);
  const { stdout } = await execa(join(moved, QEMU_PROGRAM), ["-M", "virt"]);
  expect(stdout).toBe(`-L ${moved}/root/usr/share/qemu -M virt`);
});

test("packages without the loader that the emulator wants are an error, and so is a program that names none", async () => {
  await expect(unpack()).rejects.toThrow(
    /the packages have no \/lib\S+, which qemu-system-aarch64 wants/,
  );
  write(`deb/usr/bin/${QEMU_PROGRAM}`, "#!/bin/sh\n");
  await expect(unpack()).rejects.toThrow("qemu-system-aarch64 names no loader");
});

test("other packages are another result", () => {
  const [first] = pin.packages;
  if (!first) throw new Error("unreachable");
  const newer = { ...pin, packages: [{ ...first, sha256: "1" }] };
  expect(packagesKey(newer, "arm64")).not.toBe(packagesKey(pin, "arm64"));
  expect(packagesKey({ ...pin, source: { ...pin.source, version: "11" } }, "arm64")).toBe(
    packagesKey(pin, "arm64"),
  );
});

test("the emulator of PCs comes with their firmware, and none of Arm's", async () => {
  withLibraries();
  copy(PROGRAM, "deb/usr/bin/qemu-system-x86_64");
  write("deb/usr/share/seabios/bios-256k.bin", "firmware");
  const directory = await unpack("x86-64");
  const kept = readdirSync(join(directory, "root"), { recursive: true, encoding: "utf8" });
  expect(kept).toContain("usr/share/seabios/bios-256k.bin");
  expect(kept).not.toContain(`usr/bin/${QEMU_PROGRAM}`);
  const { stdout } = await execa(join(directory, "qemu-system-x86_64"), ["-M", "q35"]);
  expect(stdout).toBe(
    `-L ${directory}/root/usr/share/qemu -L ${directory}/root/usr/share/seabios -M q35`,
  );
  expect(packagesKey(pin, "x86-64")).not.toBe(packagesKey(pin, "arm64"));
});
