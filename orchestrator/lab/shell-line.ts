// SPDX-License-Identifier: MIT

/** Quotes a command line for a person to paste into a shell. */
export function shellLine(command: string, args: readonly string[]): string {
  return [command, ...args].map((word) => (plain.test(word) ? word : quoted(word))).join(" ");
}

/** What means the same to a shell with and without quotes. */
const plain = /^[\w@%+=:,./-]+$/;

/** Any text as one word of a shell command. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
