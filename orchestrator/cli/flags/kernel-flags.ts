// SPDX-License-Identifier: MIT
//
// The flags that say what the guests' kernels are made of, for every command that has something to do with them.

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { callerDirectory } from "../../project.ts";
import {
  type KernelChoice,
  type KernelChoices,
  type KernelSource,
  pinnedKernel,
} from "../../provision/kernel/kernel-choice.ts";
import { type Flags, flagRows } from "./flags.ts";

/** To be spread into what a command gives to parseFlags. */
export const kernelFlags = {
  kernel: {
    type: "string",
    value: "DIR|debian:SERIES",
    help: "both guests' kernel: a source tree, debian:newest, debian:6.12 ...",
  },
  "kernel-host": { type: "string", value: "DIR|...", help: "the host's kernel alone" },
  "kernel-endpoint": { type: "string", value: "DIR|...", help: "the endpoint's kernel alone" },
  "config-fragment": {
    type: "string",
    multiple: true,
    value: "FILE",
    help: "settings on top of the project's own; may be given several times, the last one wins",
  },
  patches: {
    type: "string",
    value: "FILE|DIR|ID",
    help: "patches on top of the kernel: a mailbox, a directory, or a message id",
  },
  "debug-kernel": {
    type: "boolean",
    help: "with KASAN, lockdep and the like, and with types for gdb",
  },
} as const satisfies Flags;

/** The flags' part of a command's help. */
export const kernelHelp = `${flagRows(kernelFlags)}
LLVM and CROSS_COMPILE in the environment are as for the kernel's make.
`;

/** The environment's part of a choice of kernels, as words before a command. */
export function kernelEnvironment(env: Surroundings["env"] = process.env): string[] {
  return ["LLVM", "CROSS_COMPILE"].flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
}

/** What parseFlags makes of them. */
export interface KernelFlagValues {
  readonly kernel?: string | undefined;
  readonly "kernel-host"?: string | undefined;
  readonly "kernel-endpoint"?: string | undefined;
  readonly "config-fragment"?: string[] | undefined;
  readonly patches?: string | undefined;
  readonly "debug-kernel"?: boolean | undefined;
}

interface Surroundings {
  /** Where relative paths begin. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Both guests' kernels as the flags and the environment ask for them.
 *
 * @throws UsageError for a tree that is not there and a word that is no kernel.
 */
export function kernelChoices(
  values: KernelFlagValues,
  { directory, env }: Surroundings = { directory: callerDirectory(), env: process.env },
): KernelChoices {
  const { kernel, patches } = values;
  const crossCompile = env.CROSS_COMPILE;
  const choice = (flag: string, word: string | undefined): KernelChoice => ({
    source: word === undefined ? pinnedKernel.source : kernelSource(flag, word, directory),
    debug: values["debug-kernel"] === true,
    fragments: (values["config-fragment"] ?? []).map((file) => resolve(directory, file)),
    ...(patches === undefined ? {} : { patches: patchesWord(patches, directory) }),
    ...llvmOf(env.LLVM),
    ...(crossCompile ? { crossCompile } : {}),
  });
  const of = (flag: "kernel-host" | "kernel-endpoint") =>
    choice(values[flag] === undefined ? "kernel" : flag, values[flag] ?? kernel);
  return { host: of("kernel-host"), endpoint: of("kernel-endpoint") };
}

/** The words that give the same kernels again, with absolute paths, for the command that reproduces a run. */
export function kernelWords(values: KernelFlagValues, directory = callerDirectory()): string[] {
  const words: string[] = [];
  for (const flag of ["kernel", "kernel-host", "kernel-endpoint"] as const) {
    const word = values[flag];
    if (word === undefined) continue;
    words.push(`--${flag}`, word.startsWith(DEBIAN) ? word : resolve(directory, word));
  }
  for (const file of values["config-fragment"] ?? []) {
    words.push("--config-fragment", resolve(directory, file));
  }
  if (values.patches !== undefined) words.push("--patches", patchesWord(values.patches, directory));
  if (values["debug-kernel"]) words.push("--debug-kernel");
  return words;
}

/** As the kernel's make takes it: `1`, a suffix with a dash, or a directory with a slash at its end. */
function llvmOf(value: string | undefined): Pick<KernelChoice, "llvm" | "llvmVersion"> {
  if (value === undefined || value === "" || value === "0") return { llvm: false };
  return /^-|\/$/.test(value) ? { llvm: true, llvmVersion: value } : { llvm: true };
}

const DEBIAN = "debian:";

function kernelSource(flag: string, word: string, directory: string): KernelSource {
  if (word.startsWith(DEBIAN)) return debianSource(flag, word.slice(DEBIAN.length));
  const path = resolve(directory, word);
  if (isDirectory(path)) return { kind: "tree", directory: path };
  throw new UsageError(
    `--${flag}: expected the directory of a kernel's source, or ${DEBIAN}newest, or ${DEBIAN}6.12; there is no directory ${path}`,
  );
}

function debianSource(flag: string, series: string): KernelSource {
  if (/^(newest|pinned|\d+\.\d+)$/.test(series)) return { kind: "debian", series };
  throw new UsageError(
    `--${flag}: expected ${DEBIAN}newest or a series such as ${DEBIAN}6.12, got "${DEBIAN}${series}"`,
  );
}

/** A file or directory by its full path; anything else is a message id. */
function patchesWord(word: string, directory: string): string {
  const path = resolve(directory, word);
  const there = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (there) return path;
  if (/^[^\s/]+@[^\s/]+$/.test(word.replace(/^<|>$/g, "")) || /^https?:\/\//.test(word))
    return word;
  throw new UsageError(
    `--patches: expected a mailbox, a directory of patches or a message id, got "${word}": there is no file ${path}`,
  );
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
