// SPDX-License-Identifier: MIT
//
// Marks in the kernels' logs. When a console's line is read says little about when it was printed: what a kernel says as a step ends may
// be read when the next has begun. So where that decides, each kernel's own log is told when a step begins.
import type { RunningLab } from "../../lab/lab.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import type { MachineName } from "../../scenario/topology/graph.ts";

/** A guest that does not answer within this is not marked. */
const answerMs = 5000;

/** As an information of a program's, which consoles show as well. */
const head = "<14>ntb-edma-lab: the step ";
const mark = /\bntb-edma-lab: the step (\S+) begins$/;

/** Whether it matters during which step a kernel said something. */
export function wantsMarks({ knownNoise }: Pick<VariantPlan, "knownNoise">): boolean {
  return knownNoise.some(({ during }) => during !== undefined);
}

export function markCommand(step: string): string {
  return `echo '${head}${step} begins' > /dev/kmsg`;
}

/** Marks the beginning of a step, by its id in the plan, in the logs of these machines. Returns those that did not answer. */
export async function markStep(
  lab: RunningLab,
  machines: readonly MachineName[],
  step: string,
  timeScale: number,
): Promise<MachineName[]> {
  const options = { ms: answerMs * timeScale, what: "marking the step", signal: lab.signal };
  const marked = await Promise.allSettled(
    machines.map(async (name) => lab.vm(name).ssh.check(markCommand(step), options)),
  );
  return machines.filter((_, index) => marked[index]?.status !== "fulfilled");
}

/** The marks next to a line, by their steps' ids; undefined where there is none on that side. */
export interface BetweenMarks {
  readonly after: string | undefined;
  readonly before: string | undefined;
}

/** Of each line of one kernel's log or console. */
export function betweenMarks(lines: readonly string[]): BetweenMarks[] {
  const marks = lines.map((line) => mark.exec(line.trimEnd())?.[1]);
  let after: string | undefined;
  const behind = marks.map((step) => {
    after = step ?? after;
    return after;
  });
  let before: string | undefined;
  const ahead = marks.toReversed().map((step) => {
    const next = before;
    before = step ?? before;
    return next;
  });
  return ahead.toReversed().map((next, index) => ({ after: behind[index], before: next }));
}

/**
 * The step that was under way there. `begun` are all steps that have begun, in order, and `unmarked` those of them that the machine did not
 * answer to. Undefined before the first, and where it may have been one of several. Before its first mark a kernel is one that
 * booted during the step before that, and behind its last one it may have ended.
 */
export function stepBetween(
  { after, before }: BetweenMarks,
  begun: readonly string[],
  unmarked: ReadonlySet<string> = new Set(),
): string | undefined {
  // One that was late to answer may have made its mark later than the step began.
  if ([after, before].some((id) => id !== undefined && unmarked.has(id))) return undefined;
  if (after === undefined) {
    const step = begun[begun.indexOf(before ?? "") - 1];
    return step === undefined || unmarked.has(step) ? undefined : step;
  }
  const next = begun[begun.indexOf(after) + 1];
  const known = before === undefined ? next === undefined || !unmarked.has(next) : next === before;
  return known && begun.includes(after) ? after : undefined;
}
