// SPDX-License-Identifier: MIT
import { mkdir } from "node:fs/promises";
import { judgeAcross } from "../checks/across-variants.ts";
import type { CheckResult } from "../checks/kind.ts";
import { chooseAccelerator, tryKvm } from "../lab/accelerator.ts";
import { type Inspection, noInspection } from "../lab/inspection.ts";
import { type AcceleratorWish, machineFacts } from "../lab/machine-facts.ts";
import { type Artifacts, ofBoth } from "../provision/artifacts.ts";
import type { ProgressSink } from "../provision/events.ts";
import { EventStream, type Reporter } from "../report/events.ts";
import { gravest, verdictOf } from "../report/exit-status.ts";
import type { RunResult } from "../report/result.ts";
import type { Plan } from "../scenario/plan.ts";
import { type Failure, failureOf } from "./bookkeeping.ts";
import { exitStatusOf } from "./failure.ts";
import { Journal, ofVariant } from "./journal.ts";
import {
  type KeepVms,
  notRun,
  runVariant,
  type VariantOutcome,
  type VariantSetup,
} from "./variant.ts";

/** Makes what a run boots. Given from outside, so that this layer needs to know nothing of where it comes from. */
export type Provision = (
  plan: Plan,
  options: { signal: AbortSignal; progress: ProgressSink },
) => Promise<Artifacts>;

export interface RunRequest {
  readonly plan: Plan;
  /** Directory for reports and logs; made if it is not there. */
  readonly out: string;
  readonly timeoutScale: number;
  /** Without it, the fastest that works here. */
  readonly accelerator?: AcceleratorWish;
  readonly inspection?: Inspection;
  /** Takes over the VMs of the first variant that does not pass, or else of the last one; the run ends with it. */
  readonly keep?: KeepVms;
  /** The command that does it again, for the reports. */
  readonly reproduce?: string;
  /** Versions that only the caller knows. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly provision: Provision;
  readonly reporters: readonly Reporter[];
  /** Aborts when the person cancels. */
  readonly signal: AbortSignal;
  /** Takes what concerns reporters themselves. */
  readonly complain: (text: string) => void;
}

/** What a run is made with, as far as it has come. */
interface Made {
  artifacts?: Artifacts;
  accelerator?: string;
  failure?: Failure;
  status: number;
}

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
  const made: Made = { status: 0 };
  const { signal } = request;
  const interrupted = () =>
    events.emit({ type: "interrupted", reason: failureOf("", signal.reason).message });
  signal.addEventListener("abort", interrupted, { once: true });
  const outcomes: VariantOutcome[] = [];
  try {
    const setup = await prepare(request, journal, made);
    await runVariants(plan, journal, setup, outcomes);
  } catch (error) {
    made.failure = failureOf("provision", error);
    made.status = exitStatusOf(error);
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
  const artifacts = await journal.phase("provision", "Provision", () =>
    request.provision(plan, {
      signal,
      progress: (event) => journal.events.emit({ type: "provision", event }),
    }),
  );
  signal.throwIfAborted();
  made.artifacts = artifacts;
  const [first] = plan.variants;
  if (!first) throw new Error("a plan has at least one variant");
  const choice = await chooseAccelerator(request.accelerator ?? "auto", machineFacts(), () =>
    tryKvm(first, artifacts, out, signal),
  );
  made.accelerator = choice.accelerator;
  journal.events.emit({ type: "note", text: `accelerator: ${choice.reason}` });
  const { inspection = noInspection, keep } = request;
  return {
    ...{ artifacts, choice, out, timeoutMs: plan.timeoutMs, timeoutScale, signal, inspection },
    ...(keep ? { keep } : {}),
  };
}

/** One variant after the other. Each stands for itself: only who cancels the run ends it before the last. */
async function runVariants(
  plan: Plan,
  journal: Journal,
  setup: Omit<VariantSetup, "last">,
  outcomes: VariantOutcome[],
): Promise<void> {
  const count = plan.variants.length;
  for (const [position, variant] of plan.variants.entries()) {
    if (setup.signal.aborted) return;
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

function resultOf(
  { plan, reproduce, versions }: RunRequest,
  journal: Journal,
  made: Made,
  outcomes: readonly VariantOutcome[],
): RunResult {
  const across = judgeAcross(outcomes.map(({ plan, checks }) => ({ name: plan.variant, checks })));
  const statuses = [made.status, ...outcomes.map((outcome) => outcome.status)];
  if (across.some((check) => check.status === "fail")) statuses.push(1);
  const status = gravest(statuses);
  const failure = made.failure ?? outcomes.find((outcome) => outcome.failure)?.failure;
  const checks = outcomes.flatMap(({ plan, checks }) =>
    checks.map((check) => ({ ...plainCheck(check), ...ofVariant(plan.variant) })),
  );
  return {
    schema: 1,
    scenario: plan.scenario,
    title: plan.title,
    verdict: verdictOf(status),
    exitStatus: status,
    accelerator: made.accelerator ?? "",
    versions: { ...versionsOf(made.artifacts), ...versions },
    started: journal.started.toISOString(),
    durationMs: journal.clock(),
    ...(reproduce === undefined ? {} : { reproduce }),
    ...(plan.variants.some(({ variant }) => variant !== "")
      ? { variants: outcomes.map(variantOf) }
      : {}),
    phases: journal.phases,
    steps: outcomes.flatMap((outcome) => outcome.steps),
    checks: [...checks, ...across.map(plainCheck)],
    metrics: outcomes.flatMap((outcome) => outcome.metrics),
    series: outcomes.flatMap((outcome) => outcome.series),
    ...(failure ? { failure } : {}),
  };
}

/** Enough of a configuration's hash to tell two apart. */
const hashLength = 12;

function versionsOf(artifacts: Artifacts | undefined): Readonly<Record<string, string>> {
  if (!artifacts) return {};
  const kernelConfig = ofBoth(artifacts.guests, ({ kernel }) =>
    kernel.configHash.slice(0, hashLength),
  );
  return { ...artifacts.versions, kernelConfig };
}

/** A check's result as result.json has it. */
function plainCheck({ leftOut: _, lines, ...check }: CheckResult): RunResult["checks"][number] {
  return { ...check, ...(lines ? { lines: [...lines] } : {}) };
}

function variantOf({ plan, status, durationMs, failure, steps }: VariantOutcome) {
  const ran = steps.some((step) => step.status !== "not run") || failure !== undefined;
  return {
    name: plan.variant,
    title: plan.title,
    ...(ran ? { verdict: verdictOf(status) } : {}),
    durationMs,
    ...(failure ? { failure } : {}),
  };
}
