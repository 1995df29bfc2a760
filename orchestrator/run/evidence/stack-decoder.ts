// SPDX-License-Identifier: MIT
import { mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import type { GuestArtifacts } from "../../artifacts.ts";
import { crossPrefix } from "../../provision/work/host-tools.ts";

/** The script starts a few programs for each line. */
const limitMs = 20_000;

export type Decoded =
  | { readonly lines: readonly string[]; readonly problems: readonly string[] }
  | { readonly failed: string };

/**
 * A kernel's stack trace with files and lines, by its own tree's scripts/decode_stacktrace.sh and with the vmlinux and the
 * modules that ran: this project's, but for those in `fromTree`. Never throws: what cannot be decoded is said.
 */
export async function decodeStack(
  lines: readonly string[],
  guest: Pick<GuestArtifacts, "kernel" | "debugModules">,
  fromTree: ReadonlySet<string> = new Set(),
): Promise<Decoded> {
  const { kernel } = guest;
  const script = join(kernel.sourceDir, "scripts/decode_stacktrace.sh");
  const modules = await mkdtemp(join(tmpdir(), "decode-"));
  try {
    const names = modulesIn(lines);
    const own = new Set([...names].filter((name) => !fromTree.has(name)));
    await collectModules(own, guest.debugModules, modules);
    await collectModules(names, kernel.buildDir, modules);
    const { stdout, stderr, failed, shortMessage } = await execa(
      "bash",
      [script, kernel.vmlinux, "auto", modules],
      {
        // The Code: line would become a listing of instructions, which says nothing to most readers.
        input: lines
          .filter((line) => !/\bCode: /.test(line))
          .concat("")
          .join("\n"),
        env: {
          ARCH: "arm64",
          CROSS_COMPILE: crossPrefix(),
          ...(kernel.llvm === undefined ? {} : { LLVM: kernel.llvm }),
        },
        timeout: limitMs,
        killSignal: "SIGKILL",
        reject: false,
      },
    );
    if (failed) return { failed: `${script}: ${stderr.split("\n")[0] || shortMessage}` };
    const problems = stderr.split("\n").filter((line) => line.startsWith("WARNING!"));
    // Where only some files were compiled from this tree, the script takes the others' directory for the source's.
    const text = stdout.replaceAll(`${await realpath(kernel.sourceDir)}/`, "");
    return { lines: text.split("\n"), problems: [...new Set(problems)] };
  } catch (error) {
    return { failed: `${script}: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    await rm(modules, { recursive: true, force: true });
  }
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
  from: string | undefined,
  into: string,
): Promise<void> {
  if (names.size === 0 || from === undefined) return;
  const files = await readdir(from, { recursive: true }).catch(() => []);
  for (const file of files.filter((path) => path.endsWith(".ko"))) {
    const name = basename(file, ".ko").replaceAll("-", "_");
    if (names.has(name)) await symlink(join(from, file), join(into, `${name}.ko`)).catch(() => {});
  }
}
