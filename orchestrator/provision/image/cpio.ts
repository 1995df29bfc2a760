// SPDX-License-Identifier: MIT
//
// Archives for the guest's initial RAM file system, in the "newc" format of the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst. Owner is always root, times are fixed and inode numbers
// count up, so the same entries give the same bytes. The kernel unpacks archives that follow one another; each must begin
// at a multiple of four bytes, and all that come from here are padded to 512.

/** One entry of an archive. `path` has no leading slash; `mode` is the permission bits only. */
export type CpioEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: number;
      readonly data: Uint8Array;
    }
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | {
      readonly kind: "device";
      readonly path: string;
      readonly mode: number;
      readonly device: "character" | "block";
      readonly major: number;
      readonly minor: number;
    };

const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
const DEVICE_BITS = { character: 0o020000, block: 0o060000 } as const;
const ARCHIVE_ALIGNMENT = 512;

/** Time stamp of every entry, in seconds since the epoch: fixed, so that archives are reproducible. */
const FIXED_TIME = 1_000_000_000;

/**
 * Builds an archive. Missing parent directories are added (mode 0755) in front of what they hold, because the kernel
 * creates none itself.
 *
 * @throws Error when a path is absolute, climbs with `..`, or occurs twice.
 */
export function buildArchive(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  let inode = 1;
  const append = (entry: CpioEntry): void => {
    const part = encodeEntry(entry, inode++);
    parts.push(part);
    size += part.length;
  };

  for (const entry of withParents(entries)) append(entry);
  const trailer = encodeRecord({ name: "TRAILER!!!", mode: 0, inode: 0, links: 1, data: EMPTY });
  parts.push(trailer);
  size += trailer.length;
  parts.push(Buffer.alloc(padding(size, ARCHIVE_ALIGNMENT)));
  return Buffer.concat(parts);
}

/**
 * A small archive of one run's own files, to follow the base image: keys by absolute path in the guest, values with
 * their contents and permission bits (0600 when not given).
 */
export function buildOverlay(
  files: Readonly<Record<string, { readonly data: string | Uint8Array; readonly mode?: number }>>,
): Buffer {
  return buildArchive(
    Object.entries(files).map(([path, file]) => ({
      kind: "file",
      path: path.replace(/^\/+/, ""),
      mode: file.mode ?? 0o600,
      data: typeof file.data === "string" ? Buffer.from(file.data) : file.data,
    })),
  );
}

function withParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const all: CpioEntry[] = [];
  const known = new Set<string>();
  for (const entry of entries) {
    const segments = entry.path.split("/");
    if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
      throw new Error(`cpio: path must be relative and plain, got '${entry.path}'`);
    }
    for (let depth = 1; depth < segments.length; depth++) {
      const parent = segments.slice(0, depth).join("/");
      if (known.has(parent)) continue;
      known.add(parent);
      all.push({ kind: "directory", path: parent, mode: 0o755 });
    }
    if (known.has(entry.path))
      throw new Error(`cpio: '${entry.path}' occurs twice, or after its contents`);
    known.add(entry.path);
    all.push(entry);
  }
  return all;
}

const EMPTY = new Uint8Array(0);

function encodeEntry(entry: CpioEntry, inode: number): Buffer {
  const common = { name: entry.path, inode, links: 1 };
  switch (entry.kind) {
    case "file":
      return encodeRecord({ ...common, mode: TYPE_BITS.file | entry.mode, data: entry.data });
    case "directory":
      return encodeRecord({
        ...common,
        mode: TYPE_BITS.directory | entry.mode,
        links: 2,
        data: EMPTY,
      });
    case "symlink":
      return encodeRecord({
        ...common,
        mode: TYPE_BITS.symlink | 0o777,
        data: Buffer.from(entry.target),
      });
    case "device":
      return encodeRecord({
        ...common,
        mode: DEVICE_BITS[entry.device] | entry.mode,
        data: EMPTY,
        device: [entry.major, entry.minor],
      });
  }
}

interface CpioRecord {
  readonly name: string;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly data: Uint8Array;
  readonly device?: readonly [major: number, minor: number];
}

function encodeRecord(record: CpioRecord): Buffer {
  const name = Buffer.from(`${record.name}\0`);
  const [major, minor] = record.device ?? [0, 0];
  const header = [
    record.inode,
    record.mode,
    0, // user
    0, // group
    record.links,
    FIXED_TIME,
    record.data.length,
    0, // major and minor of the device the file lay on
    0,
    major,
    minor,
    name.length,
    0, // checksum: unused in this format
  ];
  const text = `070701${header.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([
    Buffer.from(text, "ascii"),
    name,
    Buffer.alloc(padding(text.length + name.length, 4)),
    record.data,
    Buffer.alloc(padding(record.data.length, 4)),
  ]);
}

function padding(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}
