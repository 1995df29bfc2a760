// SPDX-License-Identifier: MIT
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "../../../errors.ts";
import { kernelPart } from "./part.ts";

/** A mailbox, a directory of patches, or the message id of a series. */
export const patches = kernelPart<string | undefined>()({
  flags: {
    patches: {
      type: "string",
      value: "FILE|DIR|ID",
      help: "patches on top of the kernel: a mailbox, a directory, or a message id",
      anywhere,
    },
  },
  pinned: undefined,
  read: ({ values, directory }) =>
    values.patches === undefined ? undefined : anywhere(values.patches, directory),
  gives: (word) => ({ patches: word }),
  travels: "copied patches",
  places: (word) => (word?.startsWith("/") ? [{ own: dirname(word), alias: "PATCHES" }] : []),
});

/** A file or directory by its full path; anything else is a message id. */
function anywhere(word: string, directory: string): string {
  const path = resolve(directory, word);
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  if (/^[^\s/]+@[^\s/]+$/.test(word.replace(/^<|>$/g, "")) || /^https?:\/\//.test(word)) {
    return word;
  }
  throw new UsageError(
    `--patches: expected a mailbox, a directory of patches or a message id, got "${word}": there is no file ${path}`,
  );
}
