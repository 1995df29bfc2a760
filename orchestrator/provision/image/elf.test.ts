// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { readElfDependencies } from "./elf.ts";

const strings = "\0libc.so.6\0libm.so.6\0/own/lib:/more\0";
const at = (text: string) => strings.indexOf(text);
/** Where the parts lie in the file, and at which addresses when it runs. */
const place = { interpreter: 400, strings: 500, dynamic: 700 };
const base = 0x400000;

interface Parts {
  /** Tags and values of the dynamic section. */
  readonly dynamic?: readonly (readonly [number, number])[];
  readonly interpreter?: string;
}

/** A 64-bit little-endian program of these parts, as elf.h lays it out. */
function elf({ dynamic, interpreter }: Parts): Buffer {
  const file = Buffer.alloc(1000);
  file.writeUInt32BE(0x7f454c46, 0);
  file[4] = 2;
  file[5] = 1;
  const segments = [
    // What holds no data, and lies elsewhere.
    { type: 1, offset: 0, address: 0x100000, size: 300 },
    { type: 1, offset: 300, address: base + 300, size: 600 },
    ...(interpreter === undefined
      ? []
      : [{ type: 3, offset: place.interpreter, address: 0, size: 30 }]),
    ...(dynamic === undefined
      ? []
      : [{ type: 2, offset: place.dynamic, address: 0, size: 16 * dynamic.length }]),
  ];
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(segments.length, 56);
  for (const [index, { type, offset, address, size }] of segments.entries()) {
    const entry = 64 + index * 56;
    file.writeUInt32LE(type, entry);
    file.writeBigUInt64LE(BigInt(offset), entry + 8);
    file.writeBigUInt64LE(BigInt(address), entry + 16);
    file.writeBigUInt64LE(BigInt(size), entry + 32);
  }
  file.write(`${interpreter ?? ""}\0`, place.interpreter);
  file.write(strings, place.strings);
  for (const [index, [tag, value]] of (dynamic ?? []).entries()) {
    file.writeBigUInt64LE(BigInt(tag), place.dynamic + index * 16);
    file.writeBigUInt64LE(BigInt(value), place.dynamic + index * 16 + 8);
  }
  return file;
}

const table = [5, base + place.strings] as const;

test("a program says its linker, its libraries in order, and where it has them looked for", () => {
  const dynamic = [[1, at("libm")], [29, at("/own")], table, [1, at("libc")], [0, 0]] as const;
  expect(readElfDependencies(elf({ dynamic, interpreter: "/lib/ld-linux.so" }))).toEqual({
    interpreter: "/lib/ld-linux.so",
    needed: ["libm.so.6", "libc.so.6"],
    directories: ["/own/lib", "/more"],
  });
});

test("a library has no linker; the older way to say directories counts as well", () => {
  const dynamic = [table, [1, at("libc")], [15, at("/own")]] as const;
  expect(readElfDependencies(elf({ dynamic }))).toEqual({
    ...{ interpreter: undefined, needed: ["libc.so.6"], directories: ["/own/lib", "/more"] },
  });
});

test("what stands behind the end of its wishes is none, and other entries are passed over", () => {
  const dynamic = [table, [6, at("libm")], [1, at("libc")], [0, 0], [1, at("libm")]] as const;
  expect(readElfDependencies(elf({ dynamic }))?.needed).toEqual(["libc.so.6"]);
});

test("a program that is linked statically wants nothing", () => {
  expect(readElfDependencies(elf({}))).toEqual({
    ...{ interpreter: undefined, needed: [], directories: [] },
  });
});

test("what is no such file is told from one that wants nothing", () => {
  expect(readElfDependencies(Buffer.from(`#!/bin/sh\n${"x".repeat(100)}`))).toBeUndefined();
  expect(readElfDependencies(elf({}).subarray(0, 64))).toBeUndefined();
  for (const [byte, value] of [
    [4, 1], // 32 bits
    [5, 2], // big endian
  ] as const) {
    const other = elf({});
    other[byte] = value;
    expect(readElfDependencies(other)).toBeUndefined();
  }
});

test("one whose table of names lies in no segment is refused", () => {
  for (const address of [base + 900, base + 299]) {
    expect(() => readElfDependencies(elf({ dynamic: [[5, address]] }))).toThrow(
      `elf: no segment holds address 0x${address.toString(16)}`,
    );
  }
});
