// SPDX-License-Identifier: MIT
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reporter, RunEvent } from "./events.ts";
import type { Comparison } from "./html/run/comparison.ts";

/** What a result is compared with, and where it is remembered. */
export interface Memory {
  /** The run to compare with, when a person has named one. */
  readonly compare?: Comparison | undefined;
  /** Otherwise the history file that has the runs before. */
  readonly history?: string | undefined;
  /** The run's label, which the runs that it is compared with have, too. */
  readonly label?: string | undefined;
}

/** For reports of a result. */
export interface ResultSettings extends Memory {
  /** Files that other reports of the result leave at the same time. */
  readonly others: readonly string[];
}

/** For reports of a single run. */
export interface RunSettings {
  /** Directory of the run's files. */
  readonly out: string;
  readonly trace: boolean;
  readonly pcap: boolean;
  /** Says a line to the person. */
  readonly say: (text: string) => void;
}

/**
 * A way to tell of runs, as the list of them (file-reporters.ts) has it: of each single run as it goes, or of a result, which
 * may be that of several runs. There is no reporter where nobody has asked for it.
 */
export type Report = {
  /** Names of the files that it leaves in a run's directory, or beside a variant's consoles. Bundles take them along. */
  readonly files: readonly string[];
} & (
  | { readonly ofRun: (settings: RunSettings) => Reporter | undefined }
  | { readonly ofResult: (settings: ResultSettings) => Reporter | undefined }
);

export type Finished = Extract<RunEvent, { type: "run-finished" }>;

/** A report that is one file with a text. */
export function fileReport(
  name: string,
  text: (finished: Finished, settings: ResultSettings) => string | Promise<string>,
): Report {
  return {
    files: [name],
    ofResult: (settings) => ({
      name,
      on: async (event) => {
        if (event.type !== "run-finished") return;
        await writeFile(join(event.out, name), await text(event, settings));
      },
    }),
  };
}
