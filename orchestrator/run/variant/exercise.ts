// SPDX-License-Identifier: MIT

import { checkKinds } from "../../checks/registry.ts";
import { before as inTime } from "../../lab/deadline.ts";
import { ComplaintError, GuestError } from "../../lab/errors.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { controllersSince } from "../../lab/stats.ts";
import { type PlannedStep, type VariantPlan, withoutRound } from "../../scenario/plan.ts";
import type { StepFailure } from "../../steps/failure.ts";
import { type Evidence, stepKinds } from "../../steps/registry.ts";
import { consolesTogether } from "../evidence/console-timeline.ts";
import { markStep, wantsMarks } from "../evidence/step-marks.ts";
import { type Bookkeeping, titleOf } from "./bookkeeping.ts";
import type { LinkSamplers } from "./sampling.ts";

/** A step has its own deadlines inside; this one is behind them, for a step that forgot one. */
const lastResortMs = 10_000;

export interface Exercise {
  readonly lab: RunningLab;
  readonly timeScale: number;
  readonly book: Bookkeeping;
  /** The controllers' counters, for what each step adds to them. */
  readonly counters: Pick<LinkSamplers, "readNow">;
}

/** Runs the plan's steps one after the other and enters their evidence. Throws what the first failing one throws. */
export async function exercise({ lab, timeScale, book, counters }: Exercise): Promise<void> {
  const { plan } = book;
  const marks = wantsMarks(plan);
  for (const step of plan.steps) {
    const kind = stepKinds.get(step.kind);
    if (!kind) throw new Error(`no step kind "${step.kind}"`);
    const limitMs = kind.limitMs(step) * timeScale;
    const title = titleOf(step);
    await book.step(step, title, async () => {
      lab.signal.throwIfAborted();
      if (marks) book.notMarked(await markStep(lab, book.machinesOn(), step.id, timeScale), step);
      const context = {
        lab,
        plan,
        step: withoutRound(step.id),
        limitMs,
        progress: (text: string) => book.progress(step, text),
      };
      const before = await counters.readNow();
      const from = performance.now();
      const work = kind.run(step, context);
      const limit = { ms: limitMs + lastResortMs, what: `the step "${title}"`, signal: lab.signal };
      const data = await inTime(limit, work).catch((error: unknown) => {
        // A complaint gets its evidence later, when the stack is decoded.
        if (error instanceof GuestError && !(error instanceof ComplaintError)) {
          const stretch = { from, to: performance.now() };
          const clock = (at: number) => book.sinceBoot(at);
          error.excerpts = [...error.excerpts, ...consolesTogether(lab, stretch, clock)];
        }
        throw error;
      });
      const failure = isJudged(step, plan) ? undefined : kind.failure(step, data);
      if (failure) throw unjudged(failure, title);
      // The registry ties kinds to what they return; a Map cannot carry that through.
      const round = step.round ? { round: step.round.number } : {};
      const after = await counters.readNow();
      const controllers = controllersSince(before, after);
      return { id: step.name, ...round, kind: step.kind, data, controllers } as Evidence;
    });
  }
}

/** Whether a check judges how the step ended. */
function isJudged(step: PlannedStep, { checks }: VariantPlan): boolean {
  return checks.some(({ kind, params }) => {
    const check = checkKinds.get(kind);
    return check?.judgesOutcome && check.references(params).some(({ id }) => id === step.name);
  });
}

function unjudged({ message, lines }: StepFailure, title: string): GuestError {
  const excerpts = lines.length === 0 ? [] : [{ title, lines }];
  return new GuestError(`${message}; and no check of the scenario judges that`, excerpts);
}
