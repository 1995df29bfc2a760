// SPDX-License-Identifier: MIT
//
// A series of patches, as it comes: a mailbox, a directory of files, or a message id that b4 fetches the series of.

import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { UsageError } from "../run/errors.ts";
import { exists } from "./files.ts";
import { hunkAt, pathsIn } from "./patch-text.ts";
import type { Step } from "./step.ts";

/** One patch that changes something. */
export interface Patch {
  /** Its mail's subject, or its file's name. */
  readonly title: string;
  /** Text that `git apply` takes, transfer encodings undone. */
  readonly text: string;
}

/**
 * Reads all patches in order. `work` is a directory for what is made on the way; a series that b4 fetched stays there.
 *
 * @throws UsageError when there is none, and when a message id is given and b4 is not there or fails.
 */
export async function readPatches(word: string, work: string, step: Step): Promise<Patch[]> {
  await mkdir(work, { recursive: true });
  const source = (await exists(word)) ? word : await fetchSeries(word, work, step);
  const files = (await stat(source)).isDirectory()
    ? (await readdir(source)).filter((name) => /\.(patch|diff|eml|mbo?x)$/.test(name)).sort()
    : [""];
  const patches: Patch[] = [];
  for (const name of files) patches.push(...(await readOne(join(source, name), work)));
  if (patches.length === 0) throw new UsageError(`--patches: there is no patch in ${word}`);
  return patches;
}

/** The file that the patches of a message id were read from. */
export function seriesFile(word: string, work: string): string {
  return word.startsWith("/") ? word : join(work, SERIES);
}

/**
 * Applies the series to `tree`, which is no repository.
 *
 * @throws UsageError naming patch, file and hunk of what does not apply.
 */
export async function applyPatches(patches: readonly Patch[], tree: string): Promise<void> {
  for (const [index, { title, text }] of patches.entries()) {
    // Whatever repository the tree lies below has nothing to do with it.
    const env = { GIT_CEILING_DIRECTORIES: join(tree, ".."), LC_ALL: "C.UTF-8" };
    const result = await git(["apply", "--whitespace=nowarn", "-"], {
      cwd: tree,
      env,
      input: text,
    });
    if (result.exitCode === 0) continue;
    const told = result.stderr.split("\n").filter((line) => line.startsWith("error: "));
    const [, file, line] = /patch failed: (.*):(\d+)$/.exec(told[0] ?? "") ?? [];
    const hunk = file === undefined ? undefined : hunkAt(text, file, Number(line));
    const where = hunk === undefined ? "" : `\n  ${file}\n  ${hunk}`;
    throw new UsageError(
      `--patches: patch ${index + 1} of ${patches.length} does not apply: ${title}${where}\n` +
        told.map((line) => `  ${line.replace(/^error: /, "")}`).join("\n"),
    );
  }
}

const SERIES = "series.mbx";

/** A message's series never changes: what was fetched once is used again. */
async function fetchSeries(id: string, work: string, step: Step): Promise<string> {
  const file = join(work, SERIES);
  if (await exists(file)) return file;
  const there = await execa("b4", ["--version"], { reject: false });
  if (there.exitCode !== 0) {
    throw new UsageError(
      `--patches ${id}: there is no file of that name, and for message ids b4 is needed:\n` +
        "  sudo apt-get install --yes b4\n" +
        "Or save the series as a mailbox and name that file.",
    );
  }
  try {
    await step.run("b4", ["am", "--outdir", work, "--mbox-name", SERIES, id.replace(/^<|>$/g, "")]);
  } catch (cause) {
    step.signal.throwIfAborted();
    throw new UsageError(`--patches ${id}: b4 could not fetch it: ${step.tail.at(-1) ?? ""}`, {
      cause,
    });
  }
  if (await exists(file)) return file;
  throw new UsageError(`--patches ${id}: b4 found no patches there`);
}

/** A file that begins as a mailbox does holds mails; any other is one patch. */
async function readOne(file: string, work: string): Promise<Patch[]> {
  const mails = join(work, "mails");
  await rm(mails, { recursive: true, force: true });
  await mkdir(mails, { recursive: true });
  const text = await readFile(file, "utf8");
  if (!text.startsWith("From ")) {
    return pathsIn(text).length === 0 ? [] : [await decoded(file, mails)];
  }
  const split = await git(["mailsplit", `-o${mails}`, "--", file]);
  if (split.exitCode !== 0) throw new UsageError(`--patches: ${file}: ${split.stderr}`);
  const patches: Patch[] = [];
  for (const name of (await readdir(mails)).sort())
    patches.push(await decoded(join(mails, name), mails));
  // A cover letter has no patch.
  return patches.filter((patch) => pathsIn(patch.text).length > 0);
}

/** A mail with its transfer encoding undone; what is no mail stays as it is. */
async function decoded(file: string, work: string): Promise<Patch> {
  const [message, diff] = [join(work, "message"), join(work, "diff")];
  const input = await readFile(file, "utf8");
  const result = await git(["mailinfo", "--encoding=UTF-8", message, diff], { input });
  const subject = /^Subject: (.*)$/m.exec(result.stdout)?.[1];
  const text =
    result.exitCode === 0 && subject !== undefined ? await readFile(diff, "utf8") : input;
  await Promise.all([message, diff].map((path) => rm(path, { force: true })));
  return { title: subject ?? basename(file), text };
}

async function git(
  args: readonly string[],
  options: { input?: string; cwd?: string; env?: Record<string, string> } = {},
) {
  const result = await execa("git", args, { ...options, reject: false });
  if (result.code === "ENOENT") {
    throw new UsageError("--patches needs git:  sudo apt-get install --yes git");
  }
  return result;
}
