// SPDX-License-Identifier: MIT
//
// Just enough of a 64-bit little-endian ELF file to tell which shared libraries it asks for. Field offsets: elf.h of
// the C library (Elf64_Ehdr, Elf64_Phdr, Elf64_Dyn).

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

/** What a program or library wants from the run-time linker. */
export interface ElfDependencies {
  /** Absolute path of the run-time linker, when the file is a dynamic program. */
  readonly interpreter: string | undefined;
  /** Names such as `libc.so.6`, in the file's order. */
  readonly needed: readonly string[];
  /** Directories in which it has them looked for before all others. */
  readonly directories: readonly string[];
}

/** @returns undefined when `file` is no 64-bit little-endian ELF file (a script, say). */
export function readElfDependencies(file: Buffer): ElfDependencies | undefined {
  const isElf64 = file.length > 64 && file.readUInt32BE(0) === 0x7f454c46;
  if (!isElf64 || file[4] !== 2 || file[5] !== 1) return undefined;

  const segments = readSegments(file);
  const interpreterSegment = segments.find((segment) => segment.type === PT_INTERP);
  const interpreter = interpreterSegment && readString(file, interpreterSegment.offset);
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (dynamic === undefined) return { interpreter, needed: [], directories: [] };

  let stringTable = 0;
  const nameOffsets: number[] = [];
  const pathOffsets: number[] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = Number(file.readBigUInt64LE(at));
    const value = Number(file.readBigUInt64LE(at + 8));
    if (tag === DT_NULL) break;
    if (tag === DT_NEEDED) nameOffsets.push(value);
    if (tag === DT_RPATH || tag === DT_RUNPATH) pathOffsets.push(value);
    if (tag === DT_STRTAB) stringTable = fileOffset(segments, value);
  }
  const stringsAt = (offsets: readonly number[]) =>
    offsets.map((offset) => readString(file, stringTable + offset));
  return {
    interpreter,
    needed: stringsAt(nameOffsets),
    directories: stringsAt(pathOffsets).flatMap((path) => path.split(":")),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

function readSegments(file: Buffer): Segment[] {
  const table = Number(file.readBigUInt64LE(32));
  const entrySize = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * entrySize;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function fileOffset(segments: readonly Segment[], address: number): number {
  const home = segments.find(
    ({ type, address: start, size }) =>
      type === PT_LOAD && address >= start && address < start + size,
  );
  if (home === undefined)
    throw new Error(`elf: no segment holds address 0x${address.toString(16)}`);
  return address - home.address + home.offset;
}

function readString(file: Buffer, offset: number): string {
  const end = file.indexOf(0, offset);
  return file.toString("utf8", offset, end === -1 ? file.length : end);
}
