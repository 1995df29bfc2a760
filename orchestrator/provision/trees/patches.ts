// SPDX-License-Identifier: MIT
//
// A series of patches, as it comes: a mailbox, a directory of files, or a message id that b4 fetches the series of.

import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { UsageError } from "../../errors.ts";
import { exists } from "../work/files.ts";
import { staysBelow } from "../work/inside-directory.ts";
import { english, type Task } from "../work/task.ts";
import { hunkAt, movedFrom } from "./patch-text.ts";

/** One patch that changes something. */
export interface Patch {
  /** Its mail's subject, or its file's name. */
  readonly title: string;
  /** What `git apply` takes, transfer encodings undone. A character is a byte: files need not be in UTF-8. */
  readonly text: string;
  /** All files that it changes, makes, moves or removes, as `git apply` understands it. */
  readonly paths: readonly string[];
}

/**
 * Reads all patches in order. `work` is a directory for what is made on the way; a series that b4 fetched stays there.
 *
 * @throws UsageError when there is none, when one is damaged or leads out of the tree, and when a message id is given and b4 is not
 *   there or fails.
 */
export async function readPatches(word: string, work: string, task: Task): Promise<Patch[]> {
  await mkdir(work, { recursive: true });
  const source = (await exists(word)) ? word : await fetchSeries(word, work, task);
  const files = (await stat(source)).isDirectory()
    ? (await readdir(source)).filter(isPatchFile).sort()
    : [""];
  const patches: Patch[] = [];
  for (const name of files) patches.push(...(await readOne(join(source, name), work)));
  if (patches.length === 0) throw new UsageError(`--patches: there is no patch in ${word}`);
  return patches;
}

/** Whether a file of this name in a directory of patches is one of them. */
export function isPatchFile(name: string): boolean {
  return /\.(patch|diff|eml|mbo?x)$/.test(name);
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
    const result = await git(["apply", "--whitespace=nowarn", "-"], { cwd: tree, input: text });
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

/** The encoding in which a character is a byte. */
const BYTES = "latin1";

/** A message's series never changes: what was fetched once is used again. */
async function fetchSeries(id: string, work: string, task: Task): Promise<string> {
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
    await task.run("b4", [
      "am",
      "--outdir",
      work,
      "--mbox-name",
      SERIES,
      "--",
      id.replace(/^<|>$/g, ""),
    ]);
  } catch (cause) {
    task.signal.throwIfAborted();
    throw new UsageError(`--patches ${id}: b4 could not fetch it: ${task.tail.at(-1) ?? ""}`, {
      cause,
    });
  }
  if (await exists(file)) return file;
  throw new UsageError(`--patches ${id}: b4 found no patches there`);
}

/** A file that begins as a mailbox does holds mails; any other is one patch. A cover letter changes nothing. */
async function readOne(file: string, work: string): Promise<Patch[]> {
  const mails = join(work, "mails");
  await rm(mails, { recursive: true, force: true });
  await mkdir(mails, { recursive: true });
  const patches: Patch[] = [];
  for (const mail of await mailsOf(file, mails)) patches.push(await decoded(mail, file, mails));
  return patches.filter(({ paths }) => paths.length > 0);
}

async function mailsOf(file: string, mails: string): Promise<string[]> {
  const text = await readFile(file, BYTES);
  if (!text.startsWith("From ")) return [file];
  const split = await git(["mailsplit", `-o${mails}`, "--", file], { cwd: mails });
  if (split.exitCode !== 0) throw new UsageError(`--patches: ${file}: ${split.stderr}`);
  return (await readdir(mails)).sort().map((name) => join(mails, name));
}

/** A mail with its transfer encoding undone; what is no mail stays as it is. */
async function decoded(mail: string, file: string, work: string): Promise<Patch> {
  const [message, diff] = [join(work, "message"), join(work, "diff")];
  const input = await readFile(mail, BYTES);
  const options = { input, cwd: work };
  const result = await git(["mailinfo", "--encoding=UTF-8", message, diff], options);
  const subject = /^Subject: (.*)$/m.exec(result.stdout)?.[1];
  const isMail = result.exitCode === 0 && subject !== undefined;
  const text = isMail ? await readFile(diff, BYTES) : input;
  await Promise.all([message, diff].map((path) => rm(path, { force: true })));
  const title = subject ?? basename(file);
  return { title, text, paths: await pathsOf(title, text, work) };
}

/** Git knows all that a patch can say: prefixes of any name, modes, binary files, copies. */
async function pathsOf(title: string, text: string, work: string): Promise<string[]> {
  const args = ["apply", "--allow-empty", "--numstat", "-z", "-"];
  const result = await git(args, { input: text, cwd: work });
  if (result.exitCode !== 0) {
    throw new UsageError(`--patches: the patch "${title}" cannot be read: ${result.stderr}`);
  }
  const records = result.stdout.split("\0").filter((record) => record !== "");
  const named = records.map((record) => record.split("\t").slice(2).join("\t"));
  const paths = [...new Set([...named, ...movedFrom(text)])];
  const astray = paths.find((path) => !staysBelow(path));
  if (astray === undefined) return paths;
  throw new UsageError(`--patches: the patch "${title}" leads out of the tree: "${astray}"`);
}

/** Git without whatever repository and settings there are around: a patch means the same everywhere. */
async function git(
  args: readonly string[],
  { cwd, input = "" }: { readonly cwd: string; readonly input?: string },
) {
  const env = {
    ...english,
    GIT_CEILING_DIRECTORIES: dirname(cwd),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_DIR: undefined,
    GIT_WORK_TREE: undefined,
    GIT_INDEX_FILE: undefined,
  };
  const options = { cwd, env, input: Buffer.from(input, BYTES), reject: false } as const;
  const result = await execa("git", args, options);
  if (result.code === "ENOENT") {
    throw new UsageError("--patches needs git:  sudo apt-get install --yes git");
  }
  return result;
}
