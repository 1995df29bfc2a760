// SPDX-License-Identifier: MIT
//
// Whether the last build of a live tree is what make would make of it now, which takes make seconds to find out.

import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { cacheKey } from "../cache/cache-key.ts";
import { fingerprint, hasLocalTimes, madeFrom } from "../trees/made-from.ts";
import { exists, readIfThere } from "../work/files.ts";
import { type KernelInputs, settingsOf, WISHES } from "./kernel-build.ts";

/** In a build tree: what its last whole build was made from. */
const RECORD = "made-from.json";

/** Its time is when make began. */
const BEGAN = ".began";

/** Changes with each package that is installed: programs and headers of the machine that a build uses. */
const PACKAGES = "/var/lib/dpkg/status";

/** Variables that the kernel's makefiles look at. */
const HEEDED = /^(K|HOST|LLVM|CROSS|MAKE|GNUMAKE|LD|AR$|AS$|CC|CFLAGS|PATH$|SOURCE_DATE)/;

/** Settings by which a build is made from what leaves no trace: files that they name, and the state of Git. */
const TRACELESS =
  /^CONFIG_(LOCALVERSION_AUTO=y|(INITRAMFS_SOURCE|EXTRA_FIRMWARE|BOOT_CONFIG_EMBED_FILE|UNUSED_KSYMS_WHITELIST|SYSTEM_(TRUSTED_KEYS|REVOCATION_KEYS|BLACKLIST_HASH_LIST))="[^"])/m;

const recordSchema = z.object({
  settings: z.string(),
  key: z.string(),
  directories: z.array(z.string()),
  files: z.array(z.string()),
  fingerprint: z.string(),
});

/** The key of the last build, if make had nothing to do. */
export async function unchangedBuild(
  inputs: KernelInputs,
  build: string,
): Promise<string | undefined> {
  const text = await readIfThere(join(build, RECORD));
  if (text === undefined) return undefined;
  const { success, data } = recordSchema.safeParse(parsed(text));
  if (!success || data.settings !== (await settingsKey(inputs))) return undefined;
  if (!(await exists(join(build, WISHES)))) return undefined;
  const now = fingerprint(inputs.source.directory, data);
  return now === data.fingerprint ? data.key : undefined;
}

/** Before make begins: there is no record until it has ended well. */
export async function forgetBuild(build: string): Promise<void> {
  await rm(join(build, RECORD), { force: true });
  await writeFile(join(build, BEGAN), "");
}

/** After make: keeps what it has built from, unless something of that has changed since it began, or cannot be known. */
export async function rememberBuild(
  inputs: KernelInputs,
  build: string,
  key: string,
): Promise<void> {
  const source = inputs.source.directory;
  const { ctimeNs } = await stat(join(build, BEGAN), { bigint: true });
  if (!(await hasLocalTimes(source))) return;
  if (TRACELESS.test(await readFile(join(build, ".config"), "utf8"))) return;
  const from = madeFrom(source, build);
  const seen = fingerprint(source, from, ctimeNs);
  if (seen === undefined) return;
  const record = { settings: await settingsKey(inputs), key, ...from, fingerprint: seen };
  await writeFile(join(build, RECORD), JSON.stringify(record));
}

/** Undefined for a record that was cut short, as by a full disk. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All that decides a build beside its source: what was asked for, and the machine. */
async function settingsKey(inputs: KernelInputs): Promise<string> {
  const packages = await stat(PACKAGES, { bigint: true }).catch(() => undefined);
  const heeded = Object.entries(process.env).filter(([name]) => HEEDED.test(name));
  return cacheKey([
    inputs.source.directory,
    ...settingsOf(inputs),
    `${packages?.ctimeNs}`,
    heeded.map(([name, value]) => `${name}=${value}`).sort(),
  ]);
}
