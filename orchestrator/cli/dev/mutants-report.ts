// SPDX-License-Identifier: MIT
//
// What came of mutants, by folder.
import { dirname } from "node:path";
import { z } from "zod";

/** What is used of Stryker's JSON report. */
const reportSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      mutants: z.array(
        z.object({
          mutatorName: z.string(),
          replacement: z.string().optional(),
          status: z.string(),
          location: z.object({ start: z.object({ line: z.number(), column: z.number() }) }),
        }),
      ),
    }),
  ),
});

/** A change of the source that no test told of. */
export interface Survivor {
  /** `FILE:LINE:COLUMN`, as editors take it. */
  readonly place: string;
  readonly mutator: string;
  readonly replacement: string;
  /** No unit test runs the line at all. */
  readonly unreached: boolean;
}

/** How many mutants there were in a folder, and how many of them a test told of. */
export interface Tally {
  readonly folder: string;
  readonly mutants: number;
  readonly killed: number;
  /** How many no unit test runs: what tells of them, if anything does, are runs with VMs and builds. */
  readonly unreached: number;
}

export interface Mutants {
  readonly folders: readonly Tally[];
  readonly total: Tally;
  readonly survivors: readonly Survivor[];
}

/** A mutant that makes a test hang has been noticed as well as one that makes it fail. */
const told = ["Killed", "Timeout"];
/** Those that were not tried, such as in code that runs once, when its module is loaded, count for nothing. */
const untold = ["Survived", "NoCoverage"];

/** Reads Stryker's report. Throws for one that is not as expected. */
export function readMutants(json: unknown): Mutants {
  const tried = Object.entries(reportSchema.parse(json).files).flatMap(([file, { mutants }]) =>
    mutants
      .filter(({ status }) => told.includes(status) || untold.includes(status))
      .map((mutant) => ({ file, ...mutant })),
  );
  const tally = (folder: string, some: typeof tried): Tally => ({
    ...{ folder, mutants: some.length },
    killed: some.filter(({ status }) => told.includes(status)).length,
    unreached: some.filter(({ status }) => status === "NoCoverage").length,
  });
  const folders = Map.groupBy(tried, ({ file }) => dirname(file));
  return {
    folders: [...folders].map(([folder, some]) => tally(folder, some)).sort(byFolder),
    total: tally("all", tried),
    survivors: tried
      .filter(({ status }) => untold.includes(status))
      .map(({ file, location: { start }, mutatorName, replacement = "", status }) => ({
        place: `${file}:${start.line}:${start.column}`,
        ...{ mutator: mutatorName, replacement: replacement.replace(/\s+/g, " ") },
        unreached: status === "NoCoverage",
      })),
  };
}

function byFolder(one: Tally, other: Tally): number {
  return one.folder < other.folder ? -1 : 1;
}

/** Share of the mutants that a test told of, in percent; of none 100. */
export function score({ mutants, killed }: Tally): number {
  return mutants === 0 ? 100 : (100 * killed) / mutants;
}

/** Of how many mutants below a folder tests have to tell, in percent; without a folder of all. */
export interface Floor {
  readonly folder: string;
  readonly percent: number;
}

/** A sentence for each floor that is not reached. A folder of which nothing was changed is none. */
export function belowFloor({ folders, total }: Mutants, floors: readonly Floor[]): string[] {
  return floors.flatMap(({ folder, percent: least }) => {
    const inside = folders.filter(
      (one) => one.folder === folder || one.folder.startsWith(`${folder}/`),
    );
    const sum = (of: (one: Tally) => number) => inside.reduce((all, one) => all + of(one), 0);
    const tally =
      folder === ""
        ? total
        : {
            folder,
            mutants: sum(({ mutants }) => mutants),
            killed: sum(({ killed }) => killed),
            unreached: sum(({ unreached }) => unreached),
          };
    if (score(tally) >= least) return [];
    return [
      `${folder || "all"}: tests told of ${percent(tally).trim()}, expected ${least} % at least`,
    ];
  });
}

/** The survivors, then a row for each folder and one for all. */
export function mutantLines({ folders, total, survivors }: Mutants): string[] {
  const rows = folders.length > 1 ? [...folders, total] : folders;
  const width = Math.max(...rows.map(({ folder }) => folder.length), 0);
  return [
    ...survivors.map(
      ({ place, mutator, replacement, unreached }) =>
        `${place} ${unreached ? "no unit test runs it" : "no test told"}: ${mutator}: ${short(replacement)}`,
    ),
    ...rows.map((row) => `${row.folder.padEnd(width)}  ${percent(row)}  ${counts(row)}`),
  ];
}

function percent(row: Tally): string {
  return `${score(row).toFixed(1).padStart(5)} %`;
}

/** `80 of 100 mutants; 88.9 % of those that unit tests run, which 10 are not`. */
function counts(row: Tally): string {
  const { killed, mutants, unreached } = row;
  const all = `${killed} of ${mutants} mutants`;
  if (unreached === 0) return all;
  const reached = percent({ ...row, mutants: mutants - unreached }).trim();
  return `${all}; ${reached} of those that unit tests run, which ${unreached} are not`;
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
