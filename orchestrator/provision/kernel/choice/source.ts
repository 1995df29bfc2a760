// SPDX-License-Identifier: MIT
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../../errors.ts";
import { type KernelSource, kernelPart } from "./part.ts";

const debian = "debian:";

const anywhere = (word: string, directory: string) =>
  word.startsWith(debian) ? word : resolve(directory, word);

const pinned: KernelSource = { kind: "debian", series: "pinned" };

export const source = kernelPart<KernelSource>()({
  flags: {
    kernel: {
      type: "string",
      value: "DIR|debian:SERIES",
      help: "both guests' kernel: a source tree, debian:newest, debian:6.12 ...",
      anywhere,
    },
    "kernel-host": {
      type: "string",
      value: "DIR|...",
      help: "the host's kernel alone",
      anywhere,
    },
    "kernel-endpoint": {
      type: "string",
      value: "DIR|...",
      help: "the endpoint's kernel alone",
      anywhere,
    },
  },
  pinned,
  read: ({ values, guest, directory }) => {
    const own = `kernel-${guest}` as const;
    const flag = values[own] === undefined ? "kernel" : own;
    const word = values[flag];
    return word === undefined ? pinned : sourceOf(flag, word, directory);
  },
  gives: (value) => ({ source: value }),
  travels: "described tree",
  places: (value) => (value.kind === "tree" ? [{ own: value.directory, alias: "TREE" }] : []),
});

function sourceOf(flag: string, word: string, directory: string): KernelSource {
  if (word.startsWith(debian)) return debianSource(flag, word.slice(debian.length));
  const path = resolve(directory, word);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return { kind: "tree", directory: path };
  }
  throw new UsageError(
    `--${flag}: expected the directory of a kernel's source, or ${debian}newest, or ${debian}6.12; there is no directory ${path}`,
  );
}

function debianSource(flag: string, series: string): KernelSource {
  if (/^(newest|pinned|\d+\.\d+)$/.test(series)) return { kind: "debian", series };
  throw new UsageError(
    `--${flag}: expected ${debian}newest or a series such as ${debian}6.12, got "${debian}${series}"`,
  );
}
