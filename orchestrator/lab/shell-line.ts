// SPDX-License-Identifier: MIT

/** Quotes a command line for a person to paste into a shell. */
export function shellLine(command: string, args: readonly string[]): string {
  return [command, ...args].map(wordOf).join(" ");
}

/** The same as a script: what is set in the environment, then the command, with each option on a line of its own. */
export function shellScript(
  env: Readonly<Record<string, string>>,
  command: string,
  args: readonly string[],
): string {
  const options: string[][] = [];
  for (const arg of args) {
    const last = options.at(-1);
    // What follows an option's name is its value.
    if (last?.length === 1 && last[0]?.startsWith("-") && !arg.startsWith("-")) last.push(arg);
    else options.push([arg]);
  }
  const lines = [
    ...Object.entries(env).map(([name, value]) => `${name}=${wordOf(value)}`),
    wordOf(command),
    ...options.map((words) => `    ${words.map(wordOf).join(" ")}`),
  ];
  return `#!/bin/sh\n${lines.join(" \\\n")}\n`;
}

function wordOf(text: string): string {
  return plain.test(text) ? text : quoted(text);
}

/** What means the same to a shell with and without quotes. */
const plain = /^[\w@%+=:,./-]+$/;

/** Any text as one word of a shell command. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
