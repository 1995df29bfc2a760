// SPDX-License-Identifier: MIT
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir, hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Artifacts, configurationFiles } from "../artifacts.ts";
import { isCapture, isVmFile, machinesAmong } from "../lab/run-files.ts";
import { makeTemporaryDirectory } from "../lab/temporary.ts";
import { defaultCacheRoot } from "../provision/cache/cache.ts";
import { type KernelChoices, placesOf, sameChoice } from "../provision/kernel/kernel-choice.ts";
import { ifAbsent } from "../provision/work/files.ts";
import { reportFiles } from "../report/file-reporters.ts";
import { fingerprintOf, problemsOf } from "../report/fingerprint.ts";
import type { RunResult } from "../report/result.ts";
import { type Alias, anonymous } from "./anonymous.ts";
import { pack } from "./archive.ts";
import { copyScenario } from "./compose.ts";
import type { Surroundings } from "./differences.ts";
import { copyKernel } from "./kernels.ts";
import { thisMachine } from "./machine.ts";
import { type Manifest, manifestFile } from "./manifest.ts";

/** A run that is over, its reports written. */
export interface FinishedRun {
  /** Directory of its reports and logs. */
  readonly out: string;
  readonly result: RunResult;
  /** The scenario's file and those that it includes, by their full paths. */
  readonly files: readonly string[];
  /** Directory of the parts that scenarios include by name. */
  readonly parts: string;
  /** Flags that say how it was run, without those for kernels. */
  readonly flags: readonly string[];
  readonly kernels: KernelChoices;
  /** Absent when something could not be built. */
  readonly artifacts?: Artifacts | undefined;
  /** The project's own directory. */
  readonly project: string;
}

/** What is needed to know this machine's own words in a run's texts. */
export type Surrounded = Pick<FinishedRun, "out" | "result" | "kernels" | "project">;

/** Name of the bundle among a run's files. */
export const bundleFile = "bundle.tar.gz";

/** Files above this size (packet captures, mostly) stay behind. */
const largestFile = 64 * 1024 ** 2;

/** Packs a run with all that is needed to make it again into one archive in its directory, and gives that one's path. */
export async function writeBundle(run: FinishedRun): Promise<string> {
  const work = await makeTemporaryDirectory();
  try {
    const name = `${run.result.scenario}-bundle`;
    const top = join(work.path, name);
    await mkdir(top);
    const manifest = await fill(run, top);
    const file = join(run.out, bundleFile);
    await writeFile(join(top, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
    await pack(work.path, name, file);
    return file;
  } finally {
    await work.remove();
  }
}

async function fill(run: FinishedRun, top: string): Promise<Manifest> {
  const { result, kernels, artifacts } = run;
  const scenario = await copyScenario(run.files, run.parts, top);
  const copied = (role: "host" | "endpoint") =>
    copyKernel(kernels[role], artifacts?.guests[role].kernel, role, top);
  const host = await copied("host");
  const endpoint = sameChoice(kernels.host, kernels.endpoint) ? host : await copied("endpoint");
  const aliases = aliasesOf(run);
  await copyReports(run, join(top, "run"), aliases);
  const { verdict, exitStatus } = ofOneRun(result);
  const fingerprint = fingerprintOf({ ...result, verdict, exitStatus });
  return {
    schema: 2,
    scenario: result.scenario,
    ...scenario,
    flags: [...run.flags],
    kernels: { host, endpoint },
    started: result.started,
    ...{ verdict, exitStatus },
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(await surroundingsOf(run)),
  };
}

/**
 * How the run ended that the bundle makes again. Of `--repeat` and `--seeds` the result is that of the first one that did not
 * pass: it is flaky because of the others, of which a replay makes none.
 */
function ofOneRun(result: RunResult): Pick<RunResult, "verdict" | "exitStatus"> {
  const failed = result.attempts?.find(({ verdict }) => verdict !== "pass");
  const isOfFailed = result.verdict === "flaky" && problemsOf(result).length > 0;
  return isOfFailed && failed ? failed : result;
}

/** What a run was made with, in words that do not name this machine. */
export async function surroundingsOf(run: Surrounded): Promise<Surroundings> {
  const aliases = aliasesOf(run);
  const { versions, accelerator } = run.result;
  const hidden = Object.entries(versions).map(([name, version]) => [
    name,
    anonymous(version, aliases),
  ]);
  return { versions: Object.fromEntries(hidden), accelerator, machine: await thisMachine() };
}

/**
 * Whether a file's name is one that a run gives: reports, what VMs leave, configurations, and logs that the result names as
 * evidence. Whatever else lies in its directory is a person's own.
 */
function isOfRun(
  name: string,
  { failure, variants = [] }: RunResult,
  machines: readonly string[],
): boolean {
  const failures = [failure, ...variants.map((variant) => variant.failure)];
  const evidence = failures.flatMap((one) =>
    (one?.excerpt ?? []).flatMap(({ file }) => file ?? []),
  );
  const known = [...reportFiles, ...configurationFiles, ...evidence.map((file) => basename(file))];
  return known.includes(name) || isVmFile(name, machines);
}

/** Reports, consoles and logs of a run, in its directory and those of its variants and attempts, but what is too large. */
async function copyReports(
  { out, result }: FinishedRun,
  into: string,
  aliases: readonly Alias[],
): Promise<void> {
  const variants = ["", ...(result.variants ?? []).map(({ name }) => name)];
  const attempts = ["", ...(result.attempts ?? []).map(({ directory }) => directory)];
  for (const place of attempts.flatMap((one) => variants.map((other) => join(one, other)))) {
    const entries = await readdir(join(out, place), { withFileTypes: true }).catch(ifAbsent([]));
    const machines = machinesAmong(entries.map(({ name }) => name));
    for (const entry of entries) {
      const from = join(out, place, entry.name);
      if (!entry.isFile() || !isOfRun(entry.name, result, machines)) continue;
      if ((await stat(from)).size > largestFile) continue;
      await mkdir(join(into, place), { recursive: true });
      const to = join(into, place, entry.name);
      // All but packets is text.
      if (isCapture(entry.name, machines)) await copyFile(from, to);
      else await writeFile(to, anonymous(await readFile(from, "utf8"), aliases));
    }
  }
}

/** What is this machine's own, and nobody's business elsewhere. */
function aliasesOf({ out, project, kernels }: Surrounded): Alias[] {
  const machine = hostname();
  return [
    ...placesOf(kernels.host),
    ...placesOf(kernels.endpoint),
    { own: out, alias: "OUT" },
    { own: project, alias: "PROJECT" },
    { own: defaultCacheRoot(), alias: "CACHE" },
    { own: tmpdir(), alias: "TMP" },
    { own: homedir(), alias: "~" },
    // Both guests have names of their own, and may well have this one.
    ...(["localhost", "host", "endpoint"].includes(machine)
      ? []
      : [{ own: machine, alias: "MACHINE" }]),
  ];
}
