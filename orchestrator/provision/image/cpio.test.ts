// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { buildArchive, buildOverlay } from "./cpio.ts";

interface Header {
  name: string;
  inode: number;
  links: number;
  time: number;
  mode: number;
  owner: [user: number, group: number];
  rdev: [major: number, minor: number];
  data: Buffer;
}

/** Fields of a newc header, by the order that the kernel's buffer-format.rst gives. */
function readHeaders(archive: Buffer): Header[] {
  const entries: Header[] = [];
  for (let at = 0; ; ) {
    expect(archive.toString("ascii", at, at + 6), `magic at ${at}`).toBe("070701");
    const field = (index: number) =>
      Number.parseInt(archive.toString("ascii", at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameSize = field(11);
    const name = archive.toString("utf8", at + 110, at + 110 + nameSize - 1);
    const start = align(at + 110 + nameSize);
    const data = archive.subarray(start, start + field(6));
    if (name === "TRAILER!!!") return entries;
    entries.push({
      name,
      ...{ inode: field(0), links: field(4), time: field(5) },
      mode: field(1),
      owner: [field(2), field(3)],
      rdev: [field(9), field(10)],
      data,
    });
    at = align(start + field(6));
  }
}

function align(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

test("every kind of entry has the mode, contents and device numbers it was given", () => {
  const archive = buildArchive([
    { kind: "file", path: "init", mode: 0o755, data: Buffer.from("#!/bin/sh\n") },
    { kind: "symlink", path: "bin", target: "usr/bin" },
    { kind: "device", path: "console", mode: 0o600, device: "character", major: 5, minor: 1 },
  ]);
  const [init, bin, console] = readHeaders(archive);
  expect(init).toMatchObject({ name: "init", mode: 0o100755 });
  expect(init?.data.toString()).toBe("#!/bin/sh\n");
  expect(bin).toMatchObject({ name: "bin", mode: 0o120777 });
  expect(bin?.data.toString()).toBe("usr/bin");
  expect(console).toMatchObject({ mode: 0o020600, rdev: [5, 1] });
});

test("parents come before what they hold, once", () => {
  const data = Buffer.alloc(0);
  const archive = buildArchive([
    { kind: "file", path: "etc/ssh/key", mode: 0o600, data },
    { kind: "file", path: "etc/hosts", mode: 0o644, data },
  ]);
  expect(readHeaders(archive).map(({ name }) => name)).toEqual([
    "etc",
    "etc/ssh",
    "etc/ssh/key",
    "etc/hosts",
  ]);
});

test("paths that leave the root, and doubles, are refused", () => {
  const file = (path: string) =>
    ({ kind: "file", path, mode: 0o644, data: Buffer.alloc(0) }) as const;
  expect(() => buildArchive([file("/etc/passwd")])).toThrow("/etc/passwd");
  for (const path of ["a/../b", "../a", "./a", "a//b", "a/", "", "."]) {
    expect(() => buildArchive([file(path)]), path).toThrow("path must be relative and plain");
  }
  expect(() => buildArchive([file("a/b"), file("a")])).toThrow("after its contents");
  expect(() => buildArchive([file("a"), file("a")])).toThrow("twice");
});

test("the same entries give the same bytes", () => {
  const overlay = () => buildOverlay({ "/root/.ssh/authorized_keys": { data: "key\n" } });
  expect(overlay().equals(overlay())).toBe(true);
});

test("an archive may follow another: each fills whole blocks and none holds an owner but root", () => {
  const base = buildArchive([
    { kind: "file", path: "usr/bin/tool", mode: 0o755, data: Buffer.from("odd length") },
  ]);
  const overlay = buildOverlay({ "/root/.ssh/authorized_keys": { data: "ssh-ed25519 x\n" } });
  expect(base.length % 512).toBe(0);
  expect(overlay.length % 512).toBe(0);
  expect(readHeaders(overlay).at(-1)).toMatchObject({
    name: "root/.ssh/authorized_keys",
    mode: 0o100600,
    owner: [0, 0],
  });
});

test("no two entries are taken for one file of two names, and none has a time of its own", () => {
  const headers = readHeaders(
    buildArchive([
      { kind: "directory", path: "usr", mode: 0o755 },
      ...["usr/a", "usr/b"].map((path) => ({
        ...({ kind: "file", path, mode: 0o644 } as const),
        data: Buffer.from(path),
      })),
      { kind: "symlink", path: "usr/c", target: "a" },
      { kind: "device", path: "disk", mode: 0o600, device: "block", major: 8, minor: 0 },
    ]),
  );
  expect(new Set(headers.map(({ inode }) => inode)).size).toBe(headers.length);
  expect(headers.map(({ links }) => links)).toEqual([2, 1, 1, 1, 1]);
  expect(new Set(headers.map(({ time }) => time)).size).toBe(1);
  expect(headers[0]?.mode).toBe(0o040755);
  expect(headers[4]?.mode).toBe(0o060600);
});

test("a run's own files have the mode that is given, and bytes as they are", () => {
  const data = new Uint8Array([0, 255, 128]);
  const [directory, file] = readHeaders(buildOverlay({ "//etc/key": { data, mode: 0o440 } }));
  expect(directory).toMatchObject({ name: "etc", mode: 0o040755 });
  expect(file).toMatchObject({ name: "etc/key", mode: 0o100440 });
  expect([...(file?.data ?? [])]).toEqual([0, 255, 128]);
});
