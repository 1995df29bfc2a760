// SPDX-License-Identifier: MIT
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  comparedRuns,
  type Digest,
  digestOf,
  digestSchema,
  sameJobs,
  sameSeeds,
} from "./compare.ts";
import { wasInterrupted } from "./fingerprint.ts";
import type { Report } from "./report.ts";

/** Appends a line for the run to the history file, where there is one; it is not the run's own. */
export const historyReport = {
  files: [],
  ofResult: ({ history, label = "" }) =>
    history === undefined
      ? undefined
      : {
          name: "history",
          on: async (event) => {
            if (event.type !== "run-finished") return;
            await appendDigests(history, [digestOf(event.result, label)]);
          },
        },
} satisfies Report;

/** Adds runs to a history file, but for those that it has, and those that were interrupted. That a scenario was skipped is news, too. */
export async function appendDigests(file: string, digests: readonly Digest[]): Promise<void> {
  const key = ({ scenario, label, started }: Digest) => `${started} ${scenario} ${label}`;
  const known = new Set((await readHistory(file)).map(key));
  const lines = digests
    .filter((digest) => !wasInterrupted(digest))
    .filter((digest) => !known.has(key(digest)))
    .map((digest) => `${JSON.stringify(digest)}\n`);
  if (lines.length === 0) return;
  await mkdir(dirname(file), { recursive: true });
  // One write at the end of the file: two runs at once do not mix their lines.
  await appendFile(file, lines.join(""));
}

/** The runs in a history file, oldest first. A missing file is an empty one; a line that a killed run cut off is left out. */
export async function readHistory(file: string): Promise<Digest[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").flatMap((line) => {
    const parsed = digestSchema.safeParse(jsonOf(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * Runs of the same scenario and label under the same accelerator and with the same seeds before `now`, oldest first: the last `most`, and the last
 * `most` that were made beside as many others, for only their times can be compared.
 */
export function runsBefore(history: readonly Digest[], now: Digest, most = comparedRuns): Digest[] {
  const before = history
    .filter((run) => sameSeeds(run, now))
    .filter(
      ({ scenario, label, accelerator, started, verdict }) =>
        scenario === now.scenario &&
        label === now.label &&
        accelerator === now.accelerator &&
        started < now.started &&
        verdict !== "skip",
    )
    .sort((a, b) => a.started.localeCompare(b.started));
  const alike = before.filter((run) => sameJobs(run, now)).slice(-most);
  return before.filter((run, place) => place >= before.length - most || alike.includes(run));
}

/** Since when a scenario fails in this way without a pass in between. */
export function failingSince(history: readonly Digest[], now: Digest): string {
  let since = now.started;
  const before = history
    .filter(
      ({ scenario, label, started, verdict }) =>
        scenario === now.scenario &&
        label === now.label &&
        started < now.started &&
        verdict !== "skip",
    )
    .sort((a, b) => b.started.localeCompare(a.started));
  for (const run of before) {
    if (run.fingerprint !== now.fingerprint) break;
    since = run.started;
  }
  return since;
}
