// SPDX-License-Identifier: MIT
//
// A QEMU that a person names: a program, or the directory where it was built. What keeps it from running the VMs is told
// before anything is built for it.

import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { UsageError } from "../../errors.ts";
import { architectureNames, type GuestArchitecture } from "../../guest-architectures.ts";
import type { Archive } from "../archive/apt.ts";
import { obtain, referDownload } from "../archive/downloads.ts";
import { qemuSourcePins, readPin } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import { exists } from "../work/files.ts";
import { english, type Task } from "../work/task.ts";
import { headersKey, QEMU_HEADERS, unpackHeaders } from "./headers.ts";
import type { PlainQemu } from "./plain.ts";

/** The oldest QEMU that the devices compile against. */
const OLDEST = [10, 0];

/** QEMU answers at once, or not at all. */
const ANSWER_MS = 10_000;

/** A function that no library could call if QEMU did not let it. */
const EXPORTED = "register_module_init";

/** A person's own QEMU: whole, or one of Debian's packages whose source has to be fetched. */
export type OwnQemu = PlainQemu & {
  /** Version of Debian's source package, where the headers come from there. */
  readonly source?: string;
};

/**
 * Looks at a QEMU that is there.
 *
 * @throws UsageError saying what was found and what is wanted.
 */
export async function lookAtQemu(
  cache: Cache,
  path: string,
  architecture: GuestArchitecture = "arm64",
): Promise<OwnQemu> {
  const program = await programOf(path, architecture);
  const version = await versionOf(program);
  await requireMachine(program, version, architecture);
  await requireExports(program);
  const { size, mtimeMs } = await stat(program);
  const common = {
    ...({ architecture, program, seenFromResult: program, preload: "LD_PRELOAD" } as const),
    ...{ version: `${version}, ${program}`, identity: ["own", program] },
    state: [version, size, mtimeMs],
  };
  const build = dirname(program);
  if (await exists(join(build, "config-host.h"))) {
    return { ...common, headers: build, hasHeaders: async () => true };
  }
  const source = /\(Debian ([^)]+)\)$/.exec(version)?.[1];
  if (source === undefined) {
    throw new UsageError(
      `--qemu: expected QEMU's headers beside ${program}, as a build tree has them (config-host.h), or a QEMU of ` +
        `Debian's packages, whose source can be fetched; found QEMU ${version} in a directory without them`,
    );
  }
  return { ...common, source, ...(await ofDebianSource(cache, source)) };
}

async function ofDebianSource(cache: Cache, source: string) {
  const pins = qemuSourcePins(source);
  const pin = await readPin(cache, pins);
  if (pin === undefined) return { headers: "", hasHeaders: async () => false };
  referDownload(cache, pins, pin);
  const key = headersKey(pin);
  cache.refer(QEMU_HEADERS, key);
  return {
    headers: join(cache.root, QEMU_HEADERS, key),
    hasHeaders: async () => (await cache.find(QEMU_HEADERS, key)) !== undefined,
  };
}

/** Has the headers of Debian's source in the cache. */
export async function fetchHeaders(
  cache: Cache,
  archive: Archive,
  source: string,
  task: Task,
): Promise<void> {
  const pins = qemuSourcePins(source);
  const { pin, directory } = await obtain(cache, archive, pins, task, (pin, into) =>
    archive.downloadSource(task, pin, into),
  );
  await unpackHeaders(cache, pin, directory, task);
}

async function programOf(path: string, architecture: GuestArchitecture): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new UsageError(
      `--qemu: expected debian:trixie, debian:backports, a QEMU program or the directory where one was built; there is no ${path}`,
    );
  }
  const name = architectureNames[architecture].qemu.program;
  const isDirectory = found.isDirectory();
  // One program runs one kind of machine; that of the other kind lies beside it.
  if (!isDirectory && architecture === "arm64") return path;
  const directory = isDirectory ? path : dirname(path);
  const program = join(directory, name);
  if (await exists(program)) return program;
  throw new UsageError(
    isDirectory
      ? `--qemu: expected ${name} in ${path}, where QEMU was built; there is none`
      : `--qemu: expected ${name} beside ${path}, for a host that is a PC; there is none in ${directory}`,
  );
}

/** `10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)` */
async function versionOf(program: string): Promise<string> {
  const { stdout, stderr, shortMessage } = await ask(program, ["--version"]);
  const version = /^QEMU emulator version ((\d+)\.(\d+)\..*)$/m.exec(stdout ?? "");
  const [, whole, major, minor] = version ?? [];
  if (whole === undefined) {
    const said = `${stdout}\n${stderr}`.trim().split("\n", 1)[0] || shortMessage;
    throw new UsageError(
      `--qemu: expected a QEMU system emulator, ${program} --version said: ${said}`,
    );
  }
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  const behind = Number(major) - oldestMajor || Number(minor) - oldestMinor;
  if (behind < 0) {
    throw new UsageError(
      `--qemu: expected QEMU ${OLDEST.join(".")} or newer, found QEMU ${whole} in ${program}`,
    );
  }
  return whole;
}

/** By which a QEMU is known that runs machines of a kind. */
const MACHINES: Readonly<
  Record<GuestArchitecture, { kind: string; machine: RegExp; name: string; cpu: string }>
> = {
  arm64: {
    kind: "64-bit Arm",
    machine: /^virt\s.*ARM Virtual Machine/m,
    name: "virt",
    cpu: "cortex-a55",
  },
  "x86-64": { kind: "PCs", machine: /^q35\s/m, name: "q35", cpu: "max" },
};

async function requireMachine(
  program: string,
  version: string,
  architecture: GuestArchitecture,
): Promise<void> {
  const { kind, machine, name, cpu } = MACHINES[architecture];
  const machines = (await ask(program, ["-machine", "help"])).stdout ?? "";
  const processors = (await ask(program, ["-machine", "none", "-cpu", "help"])).stdout ?? "";
  if (machine.test(machines) && new RegExp(`\\b${cpu}\\b`).test(processors)) return;
  const count = machines.split("\n").length - 1;
  throw new UsageError(
    `--qemu: expected a QEMU for ${kind} (${architectureNames[architecture].qemu.program}) with the machine "${name}" and the processor ${cpu}, found ` +
      `QEMU ${version} in ${program}, which has not both among its ${count} machines and their processors`,
  );
}

/** A script that starts QEMU is taken as it is: what it starts says so itself. */
async function requireExports(program: string): Promise<void> {
  const file = await readFile(program);
  const isElf = file.length > 4 && file.readUInt32BE(0) === 0x7f454c46;
  if (!isElf || file.includes(`\0${EXPORTED}\0`)) return;
  throw new UsageError(
    `--qemu: expected a QEMU that lets libraries use its functions, as one does that was configured with --enable-modules; ` +
      `found none of them (such as ${EXPORTED}) in ${program}`,
  );
}

function ask(program: string, args: readonly string[]) {
  return execa(program, args, {
    ...{ reject: false, timeout: ANSWER_MS, stdin: "ignore" },
    env: english,
  });
}
