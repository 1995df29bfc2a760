// SPDX-License-Identifier: MIT

/** A word of this machine's own, and what stands for it in a bundle. */
export interface Alias {
  readonly own: string;
  readonly alias: string;
}

/** The text without what is this machine's own. Longer words go first: a directory in another is that one's own. */
export function anonymous(text: string, aliases: readonly Alias[]): string {
  return aliases
    .filter(({ own }) => own.length > 2)
    .toSorted((one, other) => other.own.length - one.own.length)
    .reduce((done, { own, alias }) => done.replaceAll(wordOf(own), alias), text);
}

/** A whole name: `/home/me` is not in `/home/melanie`, nor is the host's name in a longer word. */
function wordOf(own: string): RegExp {
  const literal = own.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${literal}(?![\\w-])`, "g");
}
