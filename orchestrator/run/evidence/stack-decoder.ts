// SPDX-License-Identifier: MIT
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import type { GuestArtifacts } from "../../artifacts.ts";
import { isFrame } from "../../lab/stack-trace.ts";

/** The script starts a few programs for each line. */
const limitMs = 20_000;

export type Decoded =
  | {
      readonly lines: readonly string[];
      /** Modules that were not found, as the script says it. */
      readonly warnings: readonly string[];
      /** Lines of functions that have neither file nor line. */
      readonly left: readonly string[];
    }
  | { readonly failed: string };

export type DecodableGuest = Pick<
  GuestArtifacts,
  "kernel" | "facts" | "debug" | "decodingPrefix" | "debugModules"
>;

/**
 * A kernel's stack trace with files and lines, by its own tree's decode_stacktrace.sh and with the vmlinux and the modules
 * that ran: this project's, but for those in `fromTree`. Never throws: what cannot be decoded is said. A trace of which
 * nothing was decoded has failed, whatever the script says.
 */
export async function decodeStack(
  lines: readonly string[],
  guest: DecodableGuest,
  fromTree: ReadonlySet<string> = new Set(),
): Promise<Decoded> {
  const script = guest.facts.decodeScript;
  if (script === undefined) {
    return { failed: "this kernel's tree has no scripts/decode_stacktrace.sh" };
  }
  const modules = await mkdtemp(join(tmpdir(), "decode-"));
  try {
    const names = modulesIn(lines);
    const own = new Set([...names].filter((name) => !fromTree.has(name)));
    await collectModules(own, guest.debugModules, modules);
    await collectModules(names, guest.debug.modules, modules);
    return await runScript(script, modules, lines, guest);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(modules, { recursive: true, force: true });
  }
}

async function runScript(
  script: string,
  modules: string,
  lines: readonly string[],
  { kernel, facts, decodingPrefix }: DecodableGuest,
): Promise<Decoded> {
  const options = {
    // The Code: line would become a listing of instructions, which says nothing to most readers.
    input: lines
      .filter((line) => !/\bCode: /.test(line))
      .concat("")
      .join("\n"),
    env: {
      ARCH: "arm64",
      CROSS_COMPILE: decodingPrefix,
      ...(kernel.llvm === undefined ? {} : { LLVM: kernel.llvm }),
    },
    timeout: limitMs,
    killSignal: "SIGKILL",
    reject: false,
  } as const;
  const words = [script, kernel.vmlinux, "auto", modules];
  const { stdout, stderr, failed, shortMessage } = await execa("bash", words, options);
  const said = stderr.split("\n").filter((line) => line !== "");
  if (failed) return { failed: `${script}: ${said[0] ?? shortMessage}` };
  // Where only some files were compiled from this tree, the script takes the others' directory for the source's.
  const decoded = stdout.replaceAll(`${facts.source}/`, "").split("\n");
  const left = decoded.filter(isFrame);
  if (left.length > 0 && left.length === lines.filter(isFrame).length) {
    return { failed: `${script}: no function was found${said[0] ? `: ${said[0]}` : ""}` };
  }
  const warnings = new Set(said.filter((line) => line.startsWith("WARNING!")));
  return { lines: decoded, warnings: [...warnings], left };
}

/** Names of the modules that a trace names behind its functions, as in `foo+0x1/0x2 [bar]`. */
export function modulesIn(lines: readonly string[]): Set<string> {
  const found = lines.flatMap((line) => [
    ...line.matchAll(/\+0x[0-9a-f]+\/0x[0-9a-f]+ \[([\w-]+)/g),
  ]);
  return new Set(found.map(([, name]) => (name ?? "").replaceAll("-", "_")));
}

/** The script looks for modules in one directory only, by their names. What is there already stays. */
async function collectModules(
  names: ReadonlySet<string>,
  from: string,
  into: string,
): Promise<void> {
  if (names.size === 0) return;
  const there = new Set(await readdir(into));
  for (const file of await readdir(from)) {
    if (!file.endsWith(".ko")) continue;
    const name = basename(file, ".ko").replaceAll("-", "_");
    if (names.has(name) && !there.has(`${name}.ko`)) {
      await symlink(join(from, file), join(into, `${name}.ko`));
    }
  }
}
