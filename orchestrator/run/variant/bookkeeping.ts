// SPDX-License-Identifier: MIT
import type { Findings } from "../../checks/findings.ts";
import { type Complaint, ComplaintError } from "../../lab/errors.ts";
import type { RunningLab, StartedLab } from "../../lab/lab.ts";
import type { ControllersStats } from "../../lab/stats.ts";
import type { ConsoleLog } from "../../report/events.ts";
import type { RunResult, Series } from "../../report/result.ts";
import {
  inVariant,
  type PlannedStep,
  type VariantPlan,
  withoutRound,
} from "../../scenario/plan.ts";
import type { MachineName } from "../../scenario/topology/graph.ts";
import { outcomeOf } from "../../steps/offers.ts";
import { type Evidence, offeredBy, stepKinds } from "../../steps/registry.ts";
import type { SeenDuring } from "../evidence/kernel-logs.ts";
import { type BetweenMarks, stepBetween } from "../evidence/step-marks.ts";
import { excerptsOf, exitStatusOf } from "./failure.ts";
import { type Journal, type OfVariant, ofVariant } from "./journal.ts";

export type Failure = NonNullable<RunResult["failure"]>;

/** What has happened in the run of one variant so far. */
export class Bookkeeping {
  readonly plan: VariantPlan;
  readonly variant: OfVariant;
  readonly journal: Journal;
  readonly evidence: Evidence[] = [];
  readonly steps: RunResult["steps"];
  /** What was read over time, without the variant in its names. */
  readonly series: Series[] = [];
  /** What the controllers have counted in the whole run, those that could be asked. */
  counted: ControllersStats = {};
  lab: StartedLab | undefined;
  /** The same once all guests have answered. */
  running: RunningLab | undefined;
  /** The lab's VMs are gone. */
  ended = false;
  readonly #unmarked = new Map<MachineName, ReadonlySet<string>>();
  #phase = "boot";
  #bootedAtMs = 0;
  #step: string | undefined;
  #stepBegan: number | undefined;
  /** The name of the step that failed. */
  #failedStep: string | undefined;
  #complaint: Complaint | undefined;
  #undecoded: string | undefined;
  #failedAtMs: number | undefined;
  #failure: Failure | undefined;
  #status = 0;

  constructor(plan: VariantPlan, journal: Journal) {
    this.plan = plan;
    this.journal = journal;
    this.variant = ofVariant(plan.variant);
    this.steps = plan.steps.map((step) => ({
      id: this.#idOf(step),
      kind: step.kind,
      title: titleOf(step),
      status: "not run",
      startMs: null,
      durationMs: null,
      ...this.variant,
    }));
  }

  /** Milliseconds since the VMs began to boot, at a time of `performance.now()`. */
  sinceBoot(at: number): number {
    return this.journal.clock(at) - this.#bootedAtMs;
  }

  /** These machines have not answered as the step was to be marked in their kernels' logs. */
  notMarked(machines: readonly MachineName[], { id }: PlannedStep): void {
    for (const name of machines) {
      this.#unmarked.set(name, new Set([...(this.#unmarked.get(name) ?? []), id]));
    }
  }

  /** The machines whose VMs are there. */
  machinesOn(): MachineName[] {
    const { lab } = this;
    return Object.keys(lab?.consoles ?? {}).filter((name) => lab?.isOn(name));
  }

  get booted(): boolean {
    return this.lab !== undefined;
  }

  /** Exit status of what has broken off; 0 if nothing has. */
  get status(): number {
    return this.#status;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Where it broke off, as far as that was in a step or by a kernel's complaint, and why its stack is not decoded. */
  get brokeOff(): {
    readonly step: string | undefined;
    readonly complaint: Complaint | undefined;
    readonly undecoded: string | undefined;
  } {
    return { step: this.#failedStep, complaint: this.#complaint, undecoded: this.#undecoded };
  }

  /** When the last step began, in milliseconds of `performance.now()`; undefined before the first. */
  get stepBegan(): number | undefined {
    return this.#stepBegan;
  }

  /** What the variant is at, in words. */
  where(): string {
    return this.#step ?? this.#phase;
  }

  phase<Value>(phase: string, title: string, work: () => Promise<Value>): Promise<Value> {
    // What fails in teardown must not hide where the run itself broke off.
    if (phase !== "teardown") this.#phase = phase;
    if (phase === "boot") this.#bootedAtMs = this.journal.clock();
    return this.journal.phase(phase, title, work, this.variant);
  }

  async step(step: PlannedStep, title: string, work: () => Promise<Evidence>): Promise<void> {
    const id = this.#idOf(step);
    const entry = this.steps.find((candidate) => candidate.id === id);
    if (!entry) throw new Error(`no step "${id}" in the plan`);
    const { events } = this.journal;
    const startMs = this.journal.clock();
    const head = { id, title, ...this.variant };
    this.#step = title;
    this.#stepBegan = performance.now();
    entry.startMs = startMs;
    events.emit({ type: "step-started", ...head });
    try {
      const evidence = await work();
      this.evidence.push(evidence);
      entry.status = "done";
      const command = offeredBy(evidence, "command");
      if (command) {
        const { status = null, ...rest } = outcomeOf(command);
        entry.output = { status, ...rest };
      }
      const durationMs = this.journal.clock() - startMs;
      entry.durationMs = durationMs;
      events.emit({ type: "step-finished", ...head, durationMs, evidence: evidence.data });
      this.#step = undefined;
    } catch (error) {
      entry.status = "failed";
      this.#failedStep = step.name;
      const durationMs = this.journal.clock() - startMs;
      entry.durationMs = durationMs;
      this.#failedAtMs = startMs + durationMs;
      events.emit({ type: "step-failed", ...head, durationMs, message: messageOf(error) });
      throw error;
    }
  }

  progress(step: PlannedStep, text: string): void {
    this.journal.events.emit({ type: "step-progress", id: this.#idOf(step), text });
  }

  /** The variant has broken off for this. `undecoded` says why a complaint's stack is not decoded, if it is not. */
  failed(error: unknown, undecoded?: string): void {
    this.#undecoded = undecoded;
    this.#status = exitStatusOf(error);
    let atMs = this.#failedAtMs ?? this.journal.clock();
    let where = this.where();
    if (error instanceof ComplaintError) {
      this.#complaint = error.complaint;
      atMs = this.journal.clock(error.complaint.at);
      // What a kernel said as one step ended is heard when the next has begun.
      const during = this.#stepAt(atMs);
      if (during !== undefined) {
        this.#failedStep = during.name;
        where = titleOf(during);
      }
    }
    this.#failure = {
      ...failureOf(where, error),
      ...this.#followedBy(error),
      atMs,
      ...this.variant,
    };
  }

  #followedBy(error: unknown): Pick<Failure, "followedBy"> {
    if (!(error instanceof ComplaintError) || error.followedBy.length === 0) return {};
    const followedBy = error.followedBy.map(({ message, at, excerpt }) => ({
      ...{ message, atMs: this.journal.clock(at) },
      excerpt: { ...excerpt, lines: [...excerpt.lines] },
    }));
    return { followedBy };
  }

  /** The step that was the last to begin at that time of the run; undefined before the first. */
  #stepAt(atMs: number): PlannedStep | undefined {
    return this.plan.steps.findLast((step) => {
      const startMs = this.steps.find(({ id }) => id === this.#idOf(step))?.startMs;
      return typeof startMs === "number" && startMs <= atMs;
    });
  }

  /** The id, in the plan, of the step that ran at a time of the run in milliseconds; undefined before the first. */
  readonly stepAt = (atMs: number): string | undefined => this.#stepAt(atMs)?.id;

  /**
   * The step during which a console had this line; undefined before the first, or if it never had it. Of lines that are equal, as two
   * kernels' of the same time, it is the one with so many of them `behind` it.
   */
  stepThatSaw(role: MachineName, text: string, behind = 0): SeenDuring | undefined {
    const lines = this.lab?.consoles[role]?.lines.filter((one) => one.text.trim() === text.trim());
    const line = lines?.at(-1 - behind) ?? lines?.[0];
    return this.#seenDuring(line && this.#stepAt(this.journal.clock(line.at)));
  }

  /** The step during which a kernel said what stands between these marks of its log; undefined where they do not tell. */
  stepBetween(role: MachineName, between: BetweenMarks): SeenDuring | undefined {
    const begun = this.plan.steps.filter((_, index) => this.steps[index]?.startMs !== null);
    const ids = begun.map(({ id }) => id);
    const id = stepBetween(between, ids, this.#unmarked.get(role));
    return this.#seenDuring(begun.find((step) => step.id === id));
  }

  #seenDuring(step: PlannedStep | undefined): SeenDuring | undefined {
    return step && { id: this.#idOf(step), name: withoutRound(step.id) };
  }

  /** Something could not be released. It matters only if nothing else went wrong. */
  teardownProblem(error: Error): void {
    this.#failure ??= { phase: "teardown", message: error.message, excerpt: [], ...this.variant };
    if (this.#status === 0) this.#status = 125;
  }

  findings(): Omit<Findings, "metrics"> {
    const texts = Object.entries(this.lab?.consoles ?? {}).map(([name, { lines }]) => [
      name,
      lines.map(({ text }) => text),
    ]);
    return {
      evidence: this.evidence,
      complete: this.evidence.length === this.plan.steps.length,
      consoles: Object.fromEntries(texts),
      knownNoise: this.plan.knownNoise,
    };
  }

  consoles(): ConsoleLog[] {
    const { lab } = this;
    if (!lab) return [];
    return Object.entries(lab.consoles).map(([role, { file, lines }]) => {
      const timed = lines.map(({ at, text }) => ({ atMs: this.journal.clock(at), text }));
      return { role, file, lines: timed, ...this.variant };
    });
  }

  #idOf(step: PlannedStep): string {
    return inVariant(this.plan.variant, step.id);
  }
}

/** A step as reports name it, with its round. */
export function titleOf(step: PlannedStep): string {
  const title = stepKinds.get(step.kind)?.title(step) ?? step.kind;
  return step.round ? `Round ${step.round.number} of ${step.round.of}: ${title}` : title;
}

export function failureOf(phase: string, error: unknown): Failure {
  return { phase, message: messageOf(error), excerpt: excerptsOf(error) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
