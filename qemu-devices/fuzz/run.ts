// SPDX-License-Identifier: MIT
/**
 * Runs fuzz targets for a bounded time or number of inputs, from the corpus of this project and one of the machine's own, which grows by what
 * reaches new code. The project's grows only when that is asked for.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { QemuArtifacts } from "../../orchestrator/artifacts.ts";
import { InfrastructureError } from "../../orchestrator/errors.ts";
import { buildTargets } from "./build.ts";
import type { Target } from "./targets.ts";

const projectCorpus = join(import.meta.dirname, "corpus");

/** An input that takes longer is a hang: none needs a tenth of a second. */
const hangSeconds = 10;
const memoryMegabytes = 2048;
/** What libFuzzer calls the input that broke something. */
const broken = /Test unit written to (\S+)/;

export interface FuzzRequest {
  readonly qemu: Pick<QemuArtifacts, "make">;
  readonly targets: readonly Target[];
  /** For each target. 0 seconds: only the corpus, once. */
  readonly limit: { readonly seconds: number } | { readonly executions: number };
  /** Directory of this machine's corpus, a directory a target inside, which inputs that reach new code join. */
  readonly corpus?: string;
  /** Whether they, and all that this machine's corpus has, join the project's. */
  readonly merge: boolean;
  /** Where inputs that break something go, and each target's output. */
  readonly out: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface FuzzResult {
  readonly target: string;
  readonly executions: number;
  /** Inputs that joined this machine's corpus, and the project's. */
  readonly found: number;
  readonly added: number;
  readonly failure?: {
    /** What broke: the sanitizer's or the harness's own line. */
    readonly reason: string;
    readonly input: string;
    readonly reproduce: string;
    readonly log: string;
  };
}

export async function fuzz(request: FuzzRequest): Promise<FuzzResult[]> {
  const { targets, signal, progress } = request;
  progress(`building ${targets.length} targets with clang and its sanitizers`);
  const programs = await buildTargets(request.qemu, targets, signal);
  await mkdir(request.out, { recursive: true });
  const results: FuzzResult[] = [];
  for (const target of targets) {
    progress(`${target.name}: ${target.what}`);
    results.push(await fuzzOne(request, target, programs.get(target.name) ?? ""));
  }
  return results;
}

async function fuzzOne(request: FuzzRequest, target: Target, program: string): Promise<FuzzResult> {
  const known = join(projectCorpus, target.name);
  const found = await mkdtemp(join(tmpdir(), `ntb-edma-fuzz-${target.name}-`));
  const own = request.corpus === undefined ? undefined : join(request.corpus, target.name);
  const inputs = own === undefined ? [known] : [known, own];
  for (const directory of inputs) await mkdir(directory, { recursive: true });
  try {
    const limits = [
      `-timeout=${hangSeconds}`,
      `-rss_limit_mb=${memoryMegabytes}`,
      `-max_len=${target.maxLength}`,
    ];
    const options = [
      ...limits,
      `-artifact_prefix=${join(request.out, `${target.name}-`)}`,
      "-print_final_stats=1",
      limitOf(request.limit),
    ];
    const { exitCode, stderr } = await execa(program, [...options, found, ...inputs], {
      reject: false,
      cancelSignal: request.signal,
      maxBuffer: 64 * 1024 * 1024,
    });
    const log = join(request.out, `${target.name}.log`);
    await writeFile(log, stderr);
    const executions = Number(/stat::number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? 0);
    const input = broken.exec(stderr)?.[1];
    if (input !== undefined) {
      const failure = {
        ...{ reason: reasonOf(stderr), input, log },
        reproduce: `${program} -timeout=${hangSeconds} ${input}`,
      };
      return { target: target.name, executions, found: 0, added: 0, failure };
    }
    if (exitCode !== 0) {
      throw new InfrastructureError(
        `the fuzz target ${target.name} ended with status ${exitCode} and names no input`,
        { logPath: log, tail: stderr.split("\n").slice(-30) },
      );
    }
    const merge = (into: string, from: readonly string[]) =>
      mergeInto(program, into, from, request.signal);
    const added = request.merge ? await merge(known, [found, ...inputs.slice(1)]) : 0;
    const kept = own === undefined ? 0 : await merge(own, [found]);
    return { target: target.name, executions, found: kept, added };
  } finally {
    await rm(found, { recursive: true, force: true });
  }
}

function limitOf(limit: FuzzRequest["limit"]): string {
  if ("executions" in limit) return `-runs=${limit.executions}`;
  // Zero seconds would mean for ever.
  return limit.seconds > 0 ? `-max_total_time=${Math.ceil(limit.seconds)}` : "-runs=0";
}

/** Of what was found, the fewest inputs that reach code that the corpus does not; how often they do so is left aside. */
async function mergeInto(
  program: string,
  into: string,
  from: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const before = (await readdir(into)).length;
  await execa(program, ["-set_cover_merge=1", "-use_counters=0", into, ...from], {
    cancelSignal: signal,
    maxBuffer: 64 * 1024 * 1024,
  });
  return (await readdir(into)).length - before;
}

function reasonOf(log: string): string {
  const lines = log.split("\n");
  const telling = [/: broken: /, /: runtime error: /, /^==\d+==ERROR: /, /^==\d+== ERROR: /];
  for (const pattern of telling) {
    const line = lines.find((text) => pattern.test(text));
    if (line !== undefined) return line.trim();
  }
  return "no reason was given";
}
