// SPDX-License-Identifier: MIT
import { readdir, readFile } from "node:fs/promises";
import { eventually } from "./eventually.ts";

/**
 * Stops a process as SIGSTOP does, and resolves when none of its threads runs any more: until one of them has been
 * scheduled and has taken the signal, all others go on.
 */
export async function suspend(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await eventually(() => threadStates(pid), "T");
}

/** States of all threads (proc(5)), each once. */
async function threadStates(pid: number): Promise<string> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "utf8"));
  // The state follows the name, which is in parentheses.
  const states = (await Promise.all(stats)).map((stat) => stat.slice(stat.lastIndexOf(")") + 2)[0]);
  return [...new Set(states)].join("");
}
