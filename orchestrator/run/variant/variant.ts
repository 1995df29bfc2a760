// SPDX-License-Identifier: MIT
import { join } from "node:path";
import type { CheckResult, FoundEvent } from "../../checks/findings.ts";
import { metricsOf } from "../../checks/metrics.ts";
import { judge, unreached } from "../../checks/registry.ts";
import { seconds, timerMs } from "../../lab/deadline.ts";
import { DeadlineError } from "../../lab/errors.ts";
import type { Expectation, KernelLog, Metric, RunResult, Series } from "../../report/result.ts";
import { knownBy } from "../../scenario/known-noise.ts";
import { inVariant, type VariantPlan } from "../../scenario/plan.ts";
import { allOf, namesOf } from "../../scenario/topology/graph.ts";
import type { Clock } from "../../steps/measure.ts";
import { addEvidence } from "../evidence/complaint-evidence.ts";
import { readTrace, tracedBy } from "../evidence/traced.ts";
import { Bookkeeping, type Failure } from "./bookkeeping.ts";
import { judgeExpectation } from "./expectation.ts";
import { guestPhases } from "./guest-phases.ts";
import { withHotplug } from "./hotplug.ts";
import type { Journal } from "./journal.ts";
import { askKernels } from "./kernels-asked.ts";
import { measuredSeries } from "./measured-series.ts";
import type { VariantSetup } from "./variant-setup.ts";

/** How one variant ended. Steps, checks and metrics have the variant's name in their own. */
export interface VariantOutcome {
  readonly plan: VariantPlan;
  readonly steps: RunResult["steps"];
  readonly checks: readonly CheckResult[];
  readonly metrics: readonly Metric[];
  /** Counters and traffic over time. */
  readonly series: readonly Series[];
  readonly kernelLogs: readonly KernelLog[];
  readonly failure: Failure | undefined;
  /** What came of its `expect: fail`. */
  readonly expectation: Expectation | undefined;
  /** Exit status of this variant alone. */
  readonly status: number;
  readonly durationMs: number;
  readonly consoles: ReturnType<Bookkeeping["consoles"]>;
  /** Its VMs are still up. */
  readonly kept: boolean;
}

/** Boots a variant's VMs, runs its steps and judges what they found. Never throws for what happens in them. */
export async function runVariant(
  given: VariantPlan,
  journal: Journal,
  setup: VariantSetup,
): Promise<VariantOutcome> {
  const began = journal.clock();
  const plan = await withHotplug(given, setup.artifacts);
  const book = new Bookkeeping(plan, journal);
  try {
    await withTimeLimit(book, setup);
  } catch (error) {
    const { guests } = setup.artifacts;
    const evidence = {
      ...{ guests, plan, isKnown: knownBy(plan.knownNoise), began: book.stepBegan },
      clock: (at: number) => book.sinceBoot(at),
    };
    book.failed(error, await addEvidence(error, book.lab, evidence));
  }
  const logged = await askKernels(book, {
    timeScale: setup.choice.timeScale * setup.timeoutScale * slowness(plan),
    signal: setup.signal,
  });
  if (!setup.keep || setup.signal.aborted) await endVms(book);
  const { timeoutScale } = setup;
  const events = await foundEvents(book, setup);
  const findings = {
    ...book.findings(),
    ...(events ? { trace: events } : {}),
    metrics: metricsOf(book.evidence, book.counted),
    ...{ errors: logged.errors, unread: logged.unread },
    timeoutScale,
  };
  // Without guests there is nothing to judge: the failure alone says what there is to say.
  const checks = book.booted
    ? judge(plan.checks, findings)
    : unreached(plan.checks, "not reached: the VMs did not start");
  const failed = checks.some((check) => check.status === "fail");
  const verdict = () =>
    judgeExpectation(plan.expectation, {
      ...{ failure: book.failure, ...book.brokeOff, checks },
      status: book.status || (failed ? 1 : 0),
    });
  const kept = await keepOrEnd(book, setup, verdict().status !== 0);
  // The end of VMs that were not kept after all may have gone wrong, too.
  const judged = verdict();
  return {
    plan,
    steps: book.steps,
    checks: judged.checks.map((check) => ({
      ...check,
      id: inVariant(plan.variant, check.id),
      ...(check.step === undefined ? {} : { step: inVariant(plan.variant, check.step) }),
    })),
    metrics: findings.metrics.map(({ name, samples, clock, ...rest }) => ({
      ...rest,
      name: inVariant(plan.variant, name),
      samples: [...samples],
      ...clockOf(clock, plan),
      ...book.variant,
    })),
    series: [...book.series, ...measuredSeries(book)].map((series) => ({
      ...series,
      name: inVariant(plan.variant, series.name),
      ...book.variant,
    })),
    kernelLogs: logged.logs.map((log) => ({ ...log, ...book.variant })),
    failure: judged.failure,
    status: judged.status,
    expectation: judged.told,
    durationMs: journal.clock() - began,
    consoles: book.consoles(),
    kept,
  };
}

/** The trace events that checks of this variant look at, with the steps that they came in; undefined where none does. */
async function foundEvents(
  { plan, journal, booted, stepAt }: Bookkeeping,
  { out }: VariantSetup,
): Promise<FoundEvent[] | undefined> {
  const patterns = tracedBy(plan);
  if (patterns.length === 0 || !booted) return undefined;
  return readTrace(join(out, plan.variant), patterns, (at) =>
    stepAt(at - journal.started.getTime()),
  );
}

/** Hands over VMs that are still up and to be kept, and ends them otherwise. */
async function keepOrEnd(
  book: Bookkeeping,
  { keep, signal, last }: VariantSetup,
  failed: boolean,
): Promise<boolean> {
  if (!keep || !book.lab || book.ended) return false;
  if (signal.aborted || !(failed || last)) {
    await endVms(book);
    return false;
  }
  book.lab.letTimePass();
  await keep(book.lab, book.plan);
  return true;
}

async function endVms(book: Bookkeeping): Promise<void> {
  const { lab, plan } = book;
  if (!lab) return;
  const names = namesOf(plan.topology);
  await book.phase("teardown", `End ${allOf(names, "VMs")}`, async () => {
    for (const problem of await lab.close()) book.teardownProblem(problem);
  });
  book.ended = true;
}

/** A variant that was not run because the run ended before it. */
export function notRun(plan: VariantPlan, journal: Journal): VariantOutcome {
  const { steps } = new Bookkeeping(plan, journal);
  const checks = unreached(plan.checks, "not reached: the run ended before").map((check) => ({
    ...check,
    id: inVariant(plan.variant, check.id),
  }));
  const nothing = {
    checks,
    metrics: [],
    series: [],
    kernelLogs: [],
    consoles: [],
    failure: undefined,
    expectation: undefined,
    kept: false,
  };
  return { plan, steps, ...nothing, status: 0, durationMs: 0 };
}

async function withTimeLimit(book: Bookkeeping, setup: VariantSetup): Promise<void> {
  const limit = new AbortController();
  const timeScale = setup.choice.timeScale * setup.timeoutScale * slowness(book.plan);
  const limitMs = setup.timeoutMs * timeScale;
  const timer = setTimeout(() => {
    const what = book.plan.variant ? `the variant ${book.plan.variant}` : "the scenario";
    const message = `${what} took longer than ${seconds(limitMs)}, it was at: ${book.where()}`;
    limit.abort(new DeadlineError(message));
  }, timerMs(limitMs));
  try {
    await guestPhases(book, setup, timeScale, AbortSignal.any([setup.signal, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** By which clock a figure is, where that is not the run's. */
export function clockOf(
  clock: Clock,
  { topology }: Pick<VariantPlan, "topology">,
): { clock?: "virtual" } {
  return topology.time === "virtual" && clock === "guests" ? { clock: "virtual" } : {};
}

/** Wall time that a virtual second may take, at most, on a busy machine. */
const virtualTimeScale = 30;

/** By how much a guest's time may lag behind the wall clock, by which limits go. */
function slowness({ topology }: VariantPlan): number {
  return topology.time === "virtual" ? virtualTimeScale : 1;
}
