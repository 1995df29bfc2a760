// SPDX-License-Identifier: MIT
import { roles } from "../lab/arguments.ts";
import { before } from "../lab/deadline.ts";
import { type Excerpt, GuestError } from "../lab/errors.ts";
import type { RunningLab } from "../lab/lab.ts";
import { type Evidence, stepKinds } from "../steps/registry.ts";
import { type Bookkeeping, titleOf } from "./bookkeeping.ts";

/** A step has its own deadlines inside; this one is behind them, for a step that forgot one. */
const lastResortMs = 10_000;

export interface Exercise {
  readonly lab: RunningLab;
  readonly timeScale: number;
  readonly book: Bookkeeping;
}

/** Runs the plan's steps one after the other and enters their evidence. Throws what the first failing one throws. */
export async function exercise({ lab, timeScale, book }: Exercise): Promise<void> {
  const { plan } = book;
  for (const step of plan.steps) {
    const kind = stepKinds.get(step.kind);
    if (!kind) throw new Error(`no step kind "${step.kind}"`);
    const limitMs = kind.limitMs(step) * timeScale;
    const title = titleOf(step);
    await book.step(step, title, async () => {
      lab.signal.throwIfAborted();
      const context = {
        lab,
        plan,
        limitMs,
        progress: (text: string) => book.progress(step, text),
      };
      const heard = listenToKernels(lab);
      const work = kind.run(step, context);
      const limit = { ms: limitMs + lastResortMs, what: `the step "${title}"`, signal: lab.signal };
      const data = await before(limit, work).catch((error: unknown) => {
        if (error instanceof GuestError) error.excerpts = [...error.excerpts, ...heard(error)];
        throw error;
      });
      // The registry ties kinds to what they return; a Map cannot carry that through.
      const round = step.round ? { round: step.round.number } : {};
      return { id: step.name, ...round, kind: step.kind, data } as Evidence;
    });
  }
}

const mostLines = 25;

/** From now on, what the kernels say; the result gives it as evidence for an error that has none of it yet. */
function listenToKernels(lab: RunningLab): (error: GuestError) => Excerpt[] {
  const began = performance.now();
  return (error) =>
    roles.flatMap((role) => {
      const { file, lines } = lab.consoles[role];
      if (error.excerpts.some((excerpt) => excerpt.file === file)) return [];
      const said = lines.filter((line) => line.at >= began).map((line) => line.text);
      if (said.length === 0) return [];
      return [
        { title: `${role} VM: console during this step`, lines: said.slice(-mostLines), file },
      ];
    });
}
