// SPDX-License-Identifier: MIT
/**
 * Compiles the fuzz targets with clang, libFuzzer, and the address and undefined-behaviour sanitizers.
 *
 * They are built against the headers of QEMU's own build, with the flags that it compiles the devices with as far as they
 * change the code's meaning. Of QEMU itself nothing is linked.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { execa } from "execa";
import type { QemuArtifacts } from "../../orchestrator/artifacts.ts";
import { InfrastructureError, UsageError } from "../../orchestrator/errors.ts";
import { defaultCacheRoot } from "../../orchestrator/provision/cache/cache.ts";
import { cacheKey } from "../../orchestrator/provision/cache/cache-key.ts";
import { snapshotInput, takeSnapshot } from "../../orchestrator/provision/cache/snapshot.ts";
import { exists } from "../../orchestrator/provision/work/files.ts";
import type { Target } from "./targets.ts";

const deviceSources = join(import.meta.dirname, "../src");
const harnesses = import.meta.dirname;

const sanitizers = ["-fsanitize=fuzzer-no-link,address,undefined", "-fno-sanitize-recover=all"];
/** Fortified, as QEMU makes it by default, memcpy() would be a function that the sanitizers do not look into. */
const generation = ["-g", "-O1", "-fno-omit-frame-pointer", "-D_FORTIFY_SOURCE=0"];

/** Where the programs are made, in the cache. */
const place = join(defaultCacheRoot(), "trees", "fuzz");

/** The targets' programs by name. */
export async function buildTargets(
  qemu: Pick<QemuArtifacts, "make">,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const out = join(place, cacheKey([...qemu.make]).slice(0, 16));
  await mkdir(out, { recursive: true });
  const flags = await makeHeaders(qemu, out, signal);
  const programs = new Map(targets.map(({ name }) => [name, join(out, name)]));
  const stamp = join(out, "built-from");
  const inputs = await inputsOf(targets, flags);
  if ((await readFile(stamp, "utf8").catch(() => "")) === inputs) return programs;
  await rm(stamp, { force: true });
  const compile = await compiler(out, flags, signal);
  const objects = new Map<string, Promise<string>>();
  const object = (source: string) => {
    const known = objects.get(source) ?? compile(source);
    objects.set(source, known);
    return known;
  };
  for (const target of targets) {
    const parts: string[] = [];
    for (const source of await sourcesOf(target)) parts.push(await object(source));
    const program = join(out, target.name);
    const link = ["-fsanitize=fuzzer,address,undefined", ...parts, "-lglib-2.0", "-o", program];
    await clang(link, out, signal);
  }
  await writeFile(stamp, inputs);
  return programs;
}

async function sourcesOf(target: Target): Promise<string[]> {
  const devices = await Promise.all(target.sources.map(deviceSourcesOf));
  return [
    ...["stubs.c", ...target.harness].map((name) => join(harnesses, name)),
    ...devices.flat().map((name) => join(deviceSources, name)),
  ];
}

async function deviceSourcesOf(path: string): Promise<string[]> {
  if (!path.endsWith("/")) return [path];
  const names = await readdir(join(deviceSources, path), { recursive: true });
  return names
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => join(path, name));
}

/** A hash of all that the programs are built from; QEMU's own headers go with the directory. */
async function inputsOf(targets: readonly Target[], flags: readonly string[]): Promise<string> {
  const isSource = (path: string) => /\.[ch]$|^trace-events$/.test(path);
  const snapshots = [deviceSources, harnesses].map((root) => takeSnapshot(root, isSource));
  const chosen = targets.map(({ name, harness, sources }) => `${name} ${harness} ${sources}`);
  const { stdout: compiler } = await execa("clang", ["--version"], { reject: false });
  return cacheKey({
    files: (await Promise.all(snapshots)).map(snapshotInput),
    chosen,
    compiler: compiler ?? "",
    flags: [...sanitizers, ...generation, ...flags],
  });
}

/**
 * Has the headers that QEMU's own generators make, with trace events that do nothing.
 *
 * @returns the flags that the devices are compiled with, as far as they change the code's meaning.
 */
async function makeHeaders(
  qemu: Pick<QemuArtifacts, "make">,
  out: string,
  signal: AbortSignal,
): Promise<string[]> {
  const goal = ["headers", "TRACE=nop", `O=${out}`, ...qemu.make];
  await run("make", ["--directory", join(harnesses, ".."), ...goal], out, signal);
  return (await readFile(join(out, "flags"), "utf8")).trim().split("\n");
}

/** Compiles one source into an object; sources that have not changed come from ccache where that is installed. */
async function compiler(
  out: string,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<(source: string) => Promise<string>> {
  const include = [`-I${harnesses}`];
  const prefix = (await exists("/usr/bin/ccache")) ? ["ccache", "clang"] : ["clang"];
  const [program = "clang", ...launcher] = prefix;
  return async (source) => {
    const name = relative(join(harnesses, ".."), source).replaceAll("/", "-");
    const object = join(out, `${basename(name, ".c")}.o`);
    const args = [...sanitizers, ...include, ...flags, ...generation, "-c", source, "-o", object];
    await run(program, [...launcher, ...args], out, signal);
    return object;
  };
}

function clang(args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  return run("clang", args, cwd, signal);
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  const result = await execa(program, args, { cwd, reject: false, cancelSignal: signal });
  if (result.code === "ENOENT") {
    throw new UsageError(
      `the fuzz targets need ${program}; install it, then run again:\n` +
        "  sudo apt-get install --yes --no-install-recommends clang libclang-rt-dev",
    );
  }
  if (result.exitCode !== 0) {
    const tail = result.stderr.split("\n").slice(-30);
    throw new InfrastructureError(
      `${program} ended with status ${result.exitCode}: ${[program, ...args].join(" ")}\n${tail.join("\n")}`,
      { tail },
    );
  }
}
