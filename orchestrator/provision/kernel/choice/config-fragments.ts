// SPDX-License-Identifier: MIT
import { statSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { fragmentFile, fragmentNames } from "../../../config-fragments.ts";
import { UsageError } from "../../../errors.ts";
import { suggestion } from "../../../scenario/nearest.ts";
import { kernelPart } from "./part.ts";

/** The project's own go by their names, everybody else's are files. */
const isName = (word: string) => fragmentNames.includes(word);

const anywhere = (word: string, directory: string) =>
  isName(word) ? word : resolve(directory, word);

/** Settings on top of those that every kernel has: names of the project's own, in order, then files; later ones win. */
export const fragments = kernelPart<readonly string[]>()({
  flags: {
    "config-fragment": {
      type: "string",
      multiple: true,
      value: "NAME|FILE",
      help: `settings on top of those that every kernel has: ${fragmentNames.join(", ")}, or a file of your\nown; may be given several times, of files the last one wins`,
      anywhere,
    },
  },
  pinned: [],
  kept: fragmentNames.map((name) => [name]),
  read: ({ values, directory }) =>
    inOrder((values["config-fragment"] ?? []).map((word) => nameOrFile(word, directory))),
  gives: (words) => ({
    fragments: words.map((word) =>
      isName(word)
        ? { file: fragmentFile(word), given: false, extra: true }
        : { file: word, given: true, extra: true },
    ),
  }),
  travels: "names and copied files",
  places: (words) =>
    words.filter(isAbsolute).map((file) => ({ own: dirname(file), alias: "PATCHES" })),
});

/** The same settings however they were asked for: each name once, before all files. */
export function inOrder(words: readonly string[]): string[] {
  return [
    ...new Set(words.filter((word) => !isAbsolute(word)).sort()),
    ...words.filter(isAbsolute),
  ];
}

/** A word that looks like a name and is neither that nor a file is most likely a name with a mistake in it. */
function nameOrFile(word: string, directory: string): string {
  const found = anywhere(word, directory);
  if (isName(found) || statSync(found, { throwIfNoEntry: false }) !== undefined) return found;
  const hint = word === "debug" ? " The debug kernel is --debug-kernel." : "";
  throw new UsageError(
    `--config-fragment: expected one of ${fragmentNames.join(", ")}, or a file, got "${word}": there is no file ${found}.${suggestion(word, fragmentNames)}${hint}`,
  );
}
