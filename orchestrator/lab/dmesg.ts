// SPDX-License-Identifier: MIT
//
// A kernel's own log, with the levels that its console leaves out.

/** Names of a kernel's levels from 0 on, as far as they are news. */
export const kernelLevels = ["emerg", "alert", "crit", "err", "warning"] as const;
export type KernelLevel = (typeof kernelLevels)[number];

/** The level's name; undefined where it is no news. */
export function nameOfLevel(level: number): KernelLevel | undefined {
  return kernelLevels[level];
}

/** A message at warning level or above. */
export interface LoggedLine {
  /** Null where others than the kernel said it. */
  readonly level: KernelLevel | null;
  readonly text: string;
}

/** Prints the log for `loggedLines`. */
export const readLog = "dmesg -r";

/** Lines as `dmesg -r` prints them, each with its facility and level: `<4>[    1.234567] text` (syslog(2), printk(9)). */
export function loggedLines(dmesg: string): LoggedLine[] {
  return messagesIn(dmesg).flatMap(({ level, text }) => {
    const name = nameOfLevel(level);
    return name === undefined ? [] : [{ level: name, text }];
  });
}

/** All of them, with the numbers of their levels. */
export function messagesIn(dmesg: string): { readonly level: number; readonly text: string }[] {
  return dmesg.split("\n").flatMap((line) => {
    const [, priority = "", text = ""] = /^<(\d+)>(.*)$/.exec(line) ?? [];
    return priority === "" ? [] : [{ level: Number(priority) % 8, text }];
  });
}

/** Whether a message is of an error, or worse. A line without a level may be anything, and is none. */
export function isError({ level }: { readonly level: KernelLevel | null }): boolean {
  return level !== null && level !== "warning";
}

/** What was logged after `before` was read; all of it where its last line is no longer there, for then the log has run over. */
export function loggedSince(before: string, after: string): LoggedLine[] {
  const last = before.trimEnd().split("\n").at(-1) ?? "";
  const lines = after.split("\n");
  return loggedLines(lines.slice(last === "" ? 0 : lines.lastIndexOf(last) + 1).join("\n"));
}
