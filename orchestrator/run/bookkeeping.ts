// SPDX-License-Identifier: MIT
import type { CheckResult, Findings } from "../checks/kind.ts";
import type { Metric } from "../checks/metrics.ts";
import { type Role, roles } from "../lab/arguments.ts";
import type { StartedLab } from "../lab/lab.ts";
import type { ConsoleLog, EventStream } from "../report/events.ts";
import type { RunResult, Verdict } from "../report/result.ts";
import type { Plan } from "../scenario/plan.ts";
import { type Evidence, stepKinds } from "../steps/registry.ts";
import { excerptsOf, exitStatusOf } from "./failure.ts";

type Failure = NonNullable<RunResult["failure"]>;

/** What has happened in a run so far, and the result that comes of it. */
export class Bookkeeping {
  readonly evidence: Evidence[] = [];
  versions: Readonly<Record<string, string>> = {};
  accelerator = "";
  lab: StartedLab | undefined;

  readonly #plan: Plan;
  readonly #events: EventStream;
  readonly #started = new Date();
  readonly #began = performance.now();
  readonly #phases: RunResult["phases"] = [];
  readonly #steps: RunResult["steps"];
  #phase = "provision";
  #step: string | undefined;
  #failure: Failure | undefined;
  #failedAtMs: number | undefined;
  #status = 0;

  constructor(plan: Plan, events: EventStream) {
    this.#plan = plan;
    this.#events = events;
    this.#steps = plan.steps.map((step) => ({
      id: step.id,
      kind: step.kind,
      title: stepKinds.get(step.kind)?.title(step) ?? step.kind,
      status: "not run",
      startMs: null,
      durationMs: null,
    }));
  }

  get booted(): boolean {
    return this.lab !== undefined;
  }

  /** What the run is at, in words. */
  where(): string {
    return this.#step ?? this.#phase;
  }

  async phase<Value>(phase: string, title: string, work: () => Promise<Value>): Promise<Value> {
    const began = performance.now();
    // What fails in teardown must not hide where the run itself broke off.
    if (phase !== "teardown") this.#phase = phase;
    this.#events.emit({ type: "phase-started", phase, title });
    try {
      return await work();
    } finally {
      const durationMs = performance.now() - began;
      this.#phases.push({ name: phase, startMs: began - this.#began, durationMs });
      this.#events.emit({ type: "phase-finished", phase, title, durationMs });
    }
  }

  async step(id: string, title: string, work: () => Promise<Evidence>): Promise<void> {
    const entry = this.#steps.find((step) => step.id === id);
    if (!entry) throw new Error(`no step "${id}" in the plan`);
    const began = performance.now();
    this.#step = title;
    entry.startMs = began - this.#began;
    this.#events.emit({ type: "step-started", id, title });
    try {
      const evidence = await work();
      this.evidence.push(evidence);
      entry.status = "done";
      const durationMs = performance.now() - began;
      entry.durationMs = durationMs;
      this.#events.emit({ type: "step-finished", id, title, durationMs, evidence: evidence.data });
      this.#step = undefined;
    } catch (error) {
      entry.status = "failed";
      entry.durationMs = performance.now() - began;
      this.#failedAtMs = entry.startMs + entry.durationMs;
      const message = messageOf(error);
      this.#events.emit({ type: "step-failed", id, title, durationMs: entry.durationMs, message });
      throw error;
    }
  }

  /** The run has broken off for this. */
  failed(error: unknown): void {
    this.#status = exitStatusOf(error);
    this.#failure = {
      phase: this.where(),
      message: messageOf(error),
      excerpt: excerptsOf(error),
      atMs: this.#failedAtMs ?? performance.now() - this.#began,
    };
  }

  /** Something could not be released. It matters only if nothing else went wrong. */
  teardownProblem(error: Error): void {
    this.#failure ??= { phase: "teardown", message: error.message, excerpt: [] };
    if (this.#status === 0) this.#status = 125;
  }

  findings(): Omit<Findings, "metrics"> {
    const texts = (role: Role) =>
      this.lab?.[role].process.console.lines.map((line) => line.text) ?? [];
    return {
      evidence: this.evidence,
      complete: this.evidence.length === this.#plan.steps.length,
      consoles: { host: texts("host"), endpoint: texts("endpoint") },
    };
  }

  consoles(): ConsoleLog[] {
    const { lab } = this;
    if (!lab) return [];
    return roles.map((role) => {
      const { file, lines } = lab[role].process.console;
      const timed = lines.map(({ at, text }) => ({ atMs: at - this.#began, text }));
      return { role, file, lines: timed };
    });
  }

  result(checks: readonly CheckResult[], metrics: readonly Metric[]): RunResult {
    const status = this.#status || (checks.every((check) => check.status === "pass") ? 0 : 1);
    return {
      schema: 1,
      scenario: this.#plan.scenario,
      title: this.#plan.title,
      verdict: verdictOf(status),
      exitStatus: status,
      accelerator: this.accelerator,
      versions: { ...this.versions },
      started: this.#started.toISOString(),
      durationMs: performance.now() - this.#began,
      phases: this.#phases,
      steps: this.#steps,
      checks: [...checks],
      metrics: metrics.map((metric) => ({ ...metric, samples: [...metric.samples] })),
      ...(this.#failure ? { failure: this.#failure } : {}),
    };
  }
}

function verdictOf(status: number): Verdict {
  if (status === 0) return "pass";
  return status === 1 ? "fail" : "error";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
