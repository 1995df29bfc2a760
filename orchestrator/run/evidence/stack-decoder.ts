// SPDX-License-Identifier: MIT
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import type { GuestArtifacts } from "../../artifacts.ts";
import { architectureNames } from "../../guest-architectures.ts";
import { isFrame } from "../../lab/stack-trace.ts";
import { frameIn, placesByAddress, sourceDirectory, withPlace } from "./frame-places.ts";

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
    const decoded = await runScript(script, modules, lines, guest);
    if ("failed" in decoded) return decoded;
    return await byAddress(decoded, lines, modules, guest).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      const warning = `WARNING! functions whose name stands twice were not looked up by address: ${reason}`;
      return { ...decoded, warnings: [...decoded.warnings, warning] };
    });
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
    input: lines.filter(isDecoded).concat("").join("\n"),
    env: {
      ARCH: architectureNames[kernel.architecture].make,
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

/** What the script has decoded, with the places of functions that only their address tells. */
async function byAddress(
  decoded: Exclude<Decoded, { failed: string }>,
  trace: readonly string[],
  modules: string,
  { kernel: { vmlinux }, facts, decodingPrefix }: DecodableGuest,
): Promise<Decoded> {
  const lines = [...decoded.lines];
  const given = trace.filter(isDecoded);
  const frames = given.map((line) =>
    isFrame(line) || / : /.test(line) ? frameIn(line) : undefined,
  );
  const root = await sourceDirectory(vmlinux, decodingPrefix);
  const there = new Set((await readdir(modules)).map((file) => basename(file, ".ko")));
  const known = frames.filter(present);
  for (const module of new Set(known.map((frame) => frame.module))) {
    if (module !== undefined && !there.has(module)) continue;
    const object =
      module === undefined
        ? { file: vmlinux, isModule: false }
        : { file: join(modules, `${module}.ko`), isModule: true };
    const mine = known.filter((frame) => frame.module === module);
    const places = await placesByAddress(mine, object, decodingPrefix);
    for (const [index, frame] of frames.entries()) {
      const place = frame && places.get(frame);
      if (frame === undefined || place === undefined) continue;
      const short = [facts.source, root].reduce<string>(
        (text, directory) => (directory ? text.replaceAll(`${directory}/`, "") : text),
        place,
      );
      lines[index] = withPlace(lines[index] ?? "", frame, short);
    }
  }
  return { ...decoded, lines, left: lines.filter(isFrame) };
}

function present<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}

/** The Code: line would become a listing of instructions, which says nothing to most readers. */
function isDecoded(line: string): boolean {
  return !/\bCode: /.test(line);
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
