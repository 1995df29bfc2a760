// SPDX-License-Identifier: MIT
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readIfThere } from "../provision/work/files.ts";
import type { Tested } from "./progress.ts";

/** What the program that git runs for each commit needs to know. */
export const jobSchema = z.object({
  /** The words that begin a command line of this program. */
  program: z.array(z.string()).min(1),
  worktree: z.string(),
  /** Directory of all that the bisection leaves. */
  out: z.string(),
  /** The scenario's file. */
  scenario: z.string(),
  /** Flags for the scenario, but for the kernel and where reports go. */
  flags: z.array(z.string()),
  /** Whether a commit is bad however it fails. */
  anyFailure: z.boolean(),
  /** The signs of the failure that is looked for; not there when the bad end has been believed. */
  hunted: z.array(z.string()).optional(),
});

export type Job = z.output<typeof jobSchema>;

export const jobFile = "job.json";
const testedFile = "tested.jsonl";

const testedSchema = z.object({
  commit: z.string(),
  subject: z.string(),
  status: z.int(),
  durationMs: z.number(),
  problem: z.string().optional(),
  fingerprint: z.string().optional(),
  signs: z.array(z.string()).optional(),
  differs: z.boolean().optional(),
});

export async function remember({ out }: Job, tested: Tested): Promise<void> {
  await appendFile(join(out, testedFile), `${JSON.stringify(tested)}\n`);
}

/** All commits tested so far, in order. */
export async function testedSoFar({ out }: Job): Promise<Tested[]> {
  const text = (await readIfThere(join(out, testedFile))) ?? "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => testedSchema.parse(JSON.parse(line)));
}
