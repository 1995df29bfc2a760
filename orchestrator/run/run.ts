// SPDX-License-Identifier: MIT
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Artifacts, configurations } from "../artifacts.ts";
import { UnmetNeedsError, UsageError } from "../errors.ts";
import { chooseAccelerator, tryKvm } from "../lab/accelerator.ts";
import { noInspection } from "../lab/inspection.ts";
import { startLab } from "../lab/lab.ts";
import { machineFacts } from "../lab/machine-facts.ts";
import { unseenBy } from "../provision/kernel/kernel-checks.ts";
import { EventStream } from "../report/events.ts";
import type { Excerpt, RunResult } from "../report/result.ts";
import { suggestion } from "../scenario/nearest.ts";
import type { Plan } from "../scenario/plan.ts";
import { namesOf } from "../scenario/topology/graph.ts";
import { memoryHere } from "./memory.ts";
import { lacking } from "./needs.ts";
import type { RunRequest } from "./request.ts";
import { type Made, resultOf } from "./result.ts";
import { expectRoom } from "./room.ts";
import { failureOf } from "./variant/bookkeeping.ts";
import { exitStatusOf } from "./variant/failure.ts";
import { Journal } from "./variant/journal.ts";
import { notRun, runVariant, type VariantOutcome } from "./variant/variant.ts";
import type { VariantSetup } from "./variant/variant-setup.ts";

/**
 * Runs a plan from provisioning to reports. Never throws for what happens in the run: that is in the
 * result, with the exit status that belongs to it.
 */
export async function runPlan(request: RunRequest): Promise<RunResult> {
  const { plan, out } = request;
  await mkdir(out, { recursive: true });
  const events = new EventStream(request.reporters, request.complain);
  const journal = new Journal(events);
  events.emit({ type: "run-started", scenario: plan.scenario, title: plan.title, out });
  if (plan.leftOut) {
    const text = `these variants are left out by --variant: ${plan.leftOut.join(", ")}`;
    events.emit({ type: "note", text });
  }
  const made: Made = { status: 0 };
  const { signal } = request;
  const interrupted = () =>
    events.emit({ type: "interrupted", reason: failureOf("", signal.reason).message });
  signal.addEventListener("abort", interrupted);
  const outcomes: VariantOutcome[] = [];
  try {
    const setup = await prepare(request, journal, made);
    await runVariants(plan, journal, setup, outcomes);
  } catch (error) {
    if (error instanceof UnmetNeedsError && request.skipUnmetNeeds) {
      made.skipped = error.message;
    } else {
      const failure = failureOf(made.accelerator === undefined ? "provision" : "boot", error);
      made.failure = { ...failure, excerpt: await besideReports(failure.excerpt, out) };
      made.status = exitStatusOf(error);
    }
  }
  for (const variant of plan.variants.slice(outcomes.length)) {
    outcomes.push(notRun(variant, journal));
  }
  signal.removeEventListener("abort", interrupted);
  const result = resultOf(request, journal, made, outcomes);
  const consoles = outcomes.flatMap((outcome) => outcome.consoles);
  events.emit({ type: "run-finished", result, out, consoles });
  await events.settled();
  return result;
}

async function prepare(
  request: RunRequest,
  journal: Journal,
  made: Made,
): Promise<Omit<VariantSetup, "last">> {
  const { plan, out, signal, timeoutScale } = request;
  expectDebugged(request);
  expectRoom(plan, memoryHere());
  const artifacts = await journal.phase("provision", "Provision", () =>
    request.provision(plan, {
      signal,
      progress: (event) => journal.events.emit({ type: "provision", event }),
    }),
  );
  signal.throwIfAborted();
  made.artifacts = artifacts;
  made.unseen = await keepConfigurations(artifacts, out);
  const lacks = await lacking(plan.variants, artifacts.guests);
  if (lacks.length > 0) {
    throw new UnmetNeedsError(`${plan.scenario} cannot run: ${lacks.join("; ")}`);
  }
  const [first] = plan.variants;
  if (!first) throw new Error("a plan has at least one variant");
  const trial = () => tryKvm(first, artifacts, out, signal);
  const wish = request.accelerator ?? "auto";
  const choice = await chooseAccelerator(wish, machineFacts(), trial, plan.hostArchitecture);
  made.accelerator = choice.accelerator;
  journal.events.emit({ type: "note", text: `accelerator: ${choice.reason}` });
  const { inspection = noInspection, keep } = request;
  return {
    ...{ artifacts, choice, out, timeoutMs: plan.timeoutMs, timeoutScale, signal, inspection },
    startLab,
    ...(keep ? { keep } : {}),
  };
}

/** Throws UsageError where gdb is to wait for a machine that the scenario does not have. */
function expectDebugged({ plan, inspection }: RunRequest): void {
  const names = [...new Set(plan.variants.flatMap(({ topology }) => namesOf(topology)))];
  const gdb = inspection?.gdb;
  if (gdb === undefined || names.includes(gdb)) return;
  throw new UsageError(
    `--gdb ${gdb}: ${plan.scenario} has no such machine; expected one of ${names.join(", ")}.${suggestion(gdb, names)}`,
  );
}

/** Logs that lie elsewhere, as a build's does in the cache, are copied into the run's directory: reports go further than the cache. */
async function besideReports(excerpts: readonly Excerpt[], out: string): Promise<Excerpt[]> {
  return Promise.all(
    excerpts.map(async (excerpt) => {
      const { file } = excerpt;
      if (file === undefined || file.startsWith(`${out}/`)) return excerpt;
      const copy = join(out, `${basename(file, ".log")}.log`);
      // Where it cannot be copied, its own place is what there is to tell.
      return copyFile(file, copy).then(
        () => ({ ...excerpt, file: copy }),
        () => excerpt,
      );
    }),
  );
}

/** Tells what one of these kernels at least could not have seen. */
async function keepConfigurations({ guests }: Artifacts, out: string): Promise<string[]> {
  const unseen: string[] = [];
  for (const [name, file] of Object.entries(configurations(guests))) {
    await copyFile(file, join(out, name));
    unseen.push(...unseenBy(await readFile(file, "utf8")));
  }
  return [...new Set(unseen)];
}

/**
 * One variant after the other. Each stands for itself: only who cancels the run ends it before the last.
 * Throws then, as those that are left were not judged.
 */
async function runVariants(
  plan: Plan,
  journal: Journal,
  setup: Omit<VariantSetup, "last">,
  outcomes: VariantOutcome[],
): Promise<void> {
  const count = plan.variants.length;
  for (const [position, variant] of plan.variants.entries()) {
    setup.signal.throwIfAborted();
    const { variant: name, title } = variant;
    const index = position + 1;
    if (name) journal.events.emit({ type: "variant-started", variant: name, title, index, count });
    const last = index === count;
    const outcome = await runVariant(variant, journal, { ...setup, last });
    outcomes.push(outcome);
    const { durationMs } = outcome;
    if (name) journal.events.emit({ type: "variant-finished", variant: name, durationMs });
    if (outcome.kept) return;
  }
}
