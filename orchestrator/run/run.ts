// SPDX-License-Identifier: MIT
import { mkdir } from "node:fs/promises";
import { metricsOf } from "../checks/metrics.ts";
import { judge } from "../checks/registry.ts";
import {
  type AcceleratorChoice,
  chooseAccelerator,
  machineFacts,
  tryKvm,
} from "../lab/accelerator.ts";
import { seconds } from "../lab/deadline.ts";
import { DeadlineError } from "../lab/errors.ts";
import { type StartedLab, startLab } from "../lab/lab.ts";
import type { Artifacts } from "../provision/artifacts.ts";
import type { ProgressSink } from "../provision/events.ts";
import { EventStream, type Reporter } from "../report/events.ts";
import type { RunResult } from "../report/result.ts";
import type { Plan } from "../scenario/plan.ts";
import { Bookkeeping } from "./bookkeeping.ts";
import { exercise } from "./exercise.ts";
import { explainFailure } from "./failure.ts";

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
  readonly provision: Provision;
  readonly reporters: readonly Reporter[];
  /** Aborts when the person cancels. */
  readonly signal: AbortSignal;
  /** Takes what concerns reporters themselves. */
  readonly complain: (text: string) => void;
}

/**
 * Runs a plan from provisioning to reports. Never throws for what happens in the run: that is in the
 * result, with the exit status that belongs to it.
 */
export async function runPlan(request: RunRequest): Promise<RunResult> {
  const { plan, out } = request;
  await mkdir(out, { recursive: true });
  const events = new EventStream(request.reporters, request.complain);
  const book = new Bookkeeping(plan, events);
  events.emit({ type: "run-started", scenario: plan.scenario, title: plan.title, out });
  try {
    await runPhases(request, book, events);
  } catch (error) {
    book.failed(error);
  }
  const findings = { ...book.findings(), metrics: metricsOf(book.evidence) };
  // Without guests there is nothing to judge: the failure alone says what there is to say.
  const checks = book.booted ? judge(plan.checks, findings) : [];
  const result = book.result(checks, findings.metrics);
  events.emit({ type: "run-finished", result, out, consoles: book.consoles() });
  await events.settled();
  return result;
}

async function runPhases(request: RunRequest, book: Bookkeeping, events: EventStream) {
  const { plan, out, signal } = request;
  const artifacts = await book.phase("provision", "Provision", () =>
    request.provision(plan, {
      signal,
      progress: (event) => events.emit({ type: "provision", event }),
    }),
  );
  signal.throwIfAborted();
  book.versions = artifacts.versions;
  const choice = await chooseAccelerator(machineFacts(), () =>
    tryKvm(plan, artifacts, out, signal),
  );
  book.accelerator = choice.accelerator;
  events.emit({ type: "note", text: `accelerator: ${choice.reason}` });

  const timeScale = choice.timeScale * request.timeoutScale;
  const limit = new AbortController();
  const limitMs = plan.timeoutMs * timeScale;
  const timer = setTimeout(() => {
    const where = book.where();
    limit.abort(
      new DeadlineError(`the scenario took longer than ${seconds(limitMs)}, it was at: ${where}`),
    );
  }, limitMs);
  try {
    await guestPhases(request, book, events, artifacts, choice, timeScale, limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function guestPhases(
  request: RunRequest,
  book: Bookkeeping,
  events: EventStream,
  artifacts: Artifacts,
  { accelerator }: AcceleratorChoice,
  timeScale: number,
  limit: AbortSignal,
) {
  const { plan, out } = request;
  const signal = AbortSignal.any([request.signal, limit]);
  let lab: StartedLab | undefined;
  try {
    const running = await book.phase("boot", "Boot both VMs", async () => {
      lab = await startLab({ plan, artifacts, accelerator, out, timeScale, signal });
      book.lab = lab;
      return lab.running();
    });
    await book.phase("steps", "Run the steps", () =>
      exercise({ plan, lab: running, timeScale, book, events }),
    );
  } catch (error) {
    throw await explainFailure(error, lab);
  } finally {
    const started = lab;
    if (started) {
      await book.phase("teardown", "End both VMs", async () => {
        for (const problem of await started.close()) book.teardownProblem(problem);
      });
    }
  }
}
