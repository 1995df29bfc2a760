// SPDX-License-Identifier: MIT
import { copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import type { KernelArtifacts } from "../artifacts.ts";
import { UsageError } from "../errors.ts";
import type { KernelChoice } from "../provision/kernel/kernel-choice.ts";
import { isPatchFile } from "../provision/trees/patches.ts";
import { changesOnCommit, treeGit } from "../provision/trees/tree-git.ts";
import type { BundledKernel } from "./manifest.ts";

/** Changes on a tree that are too large for a mail are told of, not taken along. */
const mostChanges = 8 * 1024 ** 2;

/** Copies what a guest's kernel was made of into `top/kernel/ROLE`, as far as it is not in some archive. */
export async function copyKernel(
  choice: KernelChoice,
  built: KernelArtifacts | undefined,
  role: string,
  top: string,
): Promise<BundledKernel> {
  const place = `kernel/${role}`;
  const directory = join(top, place);
  await mkdir(directory, { recursive: true });
  const fragments: string[] = [];
  for (const [index, file] of choice.fragments.entries()) {
    const to = `${place}/${index + 1}-${basename(file)}`;
    await copyFile(file, join(top, to));
    fragments.push(to);
  }
  const config = `${place}/config`;
  if (built) await copyFile(built.config, join(top, config));
  const { debug, llvm, llvmVersion, crossCompile, patches } = choice;
  return {
    source: await sourceOf(choice, built, place, top),
    ...{ debug, llvm, fragments },
    // Another machine's directory says nothing.
    ...(llvmVersion === undefined || isAbsolute(llvmVersion) ? {} : { llvmVersion }),
    ...(crossCompile === undefined || isAbsolute(crossCompile) ? {} : { crossCompile }),
    // Of a message id, what b4 has fetched: the archive may say something else later.
    ...(patches === undefined
      ? {}
      : { patches: await copyPatches(built?.patches ?? patches, place, top) }),
    ...(built ? { config } : {}),
  };
}

async function sourceOf(
  { source }: KernelChoice,
  built: KernelArtifacts | undefined,
  place: string,
  top: string,
): Promise<BundledKernel["source"]> {
  if (source.kind === "debian") return source;
  const { directory } = source;
  const state = (built?.origin ?? "not built").replaceAll(directory, "TREE");
  const git = await treeGit(directory);
  if (git === undefined) return { kind: "tree", state };
  const [diff, others] = await Promise.all([
    git(...changesOnCommit),
    git("ls-files", "--others", "--exclude-standard"),
  ]);
  const unknown = others.stdout.split("\n").filter((line) => line !== "").length;
  const told = unknown === 0 ? state : `${state}, and files that git does not know (${unknown})`;
  if (diff.exitCode === 0 && diff.stdout === "") return { kind: "tree", state: told };
  if (diff.exitCode !== 0 || diff.stdout.length > mostChanges) {
    return { kind: "tree", state: `${told}; its changes are not here` };
  }
  const changes = `${place}/changes.patch`;
  await writeFile(join(top, changes), `${diff.stdout}\n`, "latin1");
  return { kind: "tree", state: told, changes };
}

async function copyPatches(
  patches: string,
  place: string,
  top: string,
): Promise<NonNullable<BundledKernel["patches"]>> {
  const there = await stat(patches).catch(() => undefined);
  if (!there) return { message: patches };
  const path = `${place}/patches`;
  await mkdir(join(top, path));
  if (!there.isDirectory()) {
    const file = `${path}/${basename(patches)}`;
    await copyFile(patches, join(top, file));
    return { path: file };
  }
  // What else lies in the directory stays there.
  for (const name of (await readdir(patches)).filter(isPatchFile)) {
    await copyFile(join(patches, name), join(top, path, name));
  }
  return { path };
}

/**
 * The choice that makes a bundled kernel again, from the unpacked bundle in `top`.
 *
 * @throws UsageError where it was built from a tree, and none is given.
 */
export function choiceOf(
  kernel: BundledKernel,
  role: string,
  top: string,
  tree: KernelChoice["source"] | undefined,
): KernelChoice {
  const { source, debug, llvm, llvmVersion, crossCompile, patches } = kernel;
  if (source.kind === "tree" && tree === undefined) {
    const changes =
      source.changes === undefined
        ? ""
        : ` The changes on its commit are in the bundle: ${source.changes}.`;
    throw new UsageError(
      `the bundle's kernel for the ${role} was built from a tree of its own: ${source.state}.${changes}\nGive such a tree: --kernel DIR`,
    );
  }
  return {
    source: tree ?? (source as KernelChoice["source"]),
    ...{ debug, llvm },
    fragments: kernel.fragments.map((file) => join(top, file)),
    ...(llvmVersion === undefined ? {} : { llvmVersion }),
    ...(crossCompile === undefined ? {} : { crossCompile }),
    ...(patches === undefined
      ? {}
      : { patches: "path" in patches ? join(top, patches.path) : patches.message }),
  };
}
