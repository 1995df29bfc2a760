// SPDX-License-Identifier: MIT
import { complaintsOf } from "../../../lab/complaints.ts";
import { bootedAt } from "../../boot.ts";
import type { ConsoleLog, TimedLine } from "../../events.ts";
import { failuresOf } from "../../fingerprint.ts";
import type { RunResult } from "../../result.ts";
import { pathFrom } from "../parts/links.ts";

/** One VM's console as the page's script reads it: compact, for there may be tens of thousands of lines. */
export interface PageConsole {
  readonly role: string;
  /** Milliseconds from the VMs' boot, the first as it is, each other one as the distance from its predecessor. */
  readonly at: readonly number[];
  /** The lines, joined by newlines. */
  readonly text: string;
  /** Indices of the lines on which the kernel complained, and of those that it logged as errors and as warnings. */
  readonly complaints: readonly number[];
  readonly errors: readonly number[];
  readonly warnings: readonly number[];
}

/** What stands between the lines of the consoles. */
export interface PageStep {
  /** Milliseconds from the VMs' boot. */
  readonly at: number;
  readonly title: string;
  readonly failed: boolean;
}

/** One pair of VMs. */
export interface PageScene {
  /** The variant; empty for a scenario without a matrix. */
  readonly name: string;
  /** Something in it went wrong: the first such one is shown first. */
  readonly failed: boolean;
  readonly consoles: readonly PageConsole[];
  readonly steps: readonly PageStep[];
}

export interface PageData {
  readonly scenes: readonly PageScene[];
}

/** So much of one console is on the page; of a longer one the middle is left out. */
const mostLines = 100_000;
const mostBytes = 12_000_000;

/** What the page's script needs of a run whose page lies in `out`. */
export function pageData(
  result: RunResult,
  consoles: readonly ConsoleLog[],
  out: string,
): PageData {
  const names = [...new Set(consoles.map(({ variant }) => variant))];
  const scenes = names.map((variant) => {
    const boot = bootedAt(result, variant);
    const mine = consoles.filter((one) => one.variant === variant);
    return {
      name: variant ?? "",
      failed: failedIn(result, variant),
      consoles: mine.map((one) => pageConsole(one, boot, out, levelsOf(result, one))),
      steps: stepsOf(result, variant, boot),
    };
  });
  return { scenes };
}

function failedIn(result: RunResult, name: string | undefined): boolean {
  return [
    ...result.checks.filter(({ status }) => status === "fail"),
    ...failuresOf(result).filter(({ expected }) => !expected),
  ].some(({ variant }) => variant === name);
}

function stepsOf(result: RunResult, name: string | undefined, boot: number): PageStep[] {
  const mine = <Item extends { variant?: string | undefined }>(items: readonly Item[]) =>
    items.filter(({ variant }) => variant === name);
  const phases = mine(result.phases).flatMap((phase) =>
    phase.startMs === undefined || ["steps", "provision"].includes(phase.name)
      ? []
      : [{ at: phase.startMs - boot, title: `phase: ${phase.name}`, failed: false }],
  );
  const steps = mine(result.steps).flatMap((step) =>
    step.startMs === null
      ? []
      : [{ at: step.startMs - boot, title: step.title, failed: step.status === "failed" }],
  );
  const failures = mine(failuresOf(result)).flatMap(({ atMs, message }) =>
    atMs === undefined ? [] : [{ at: atMs - boot, title: `FAILURE: ${message}`, failed: true }],
  );
  const markers = [...phases, ...steps, ...failures].filter(
    (one, index, all) =>
      all.findIndex(({ at, title }) => at === one.at && title === one.title) === index,
  );
  return markers.sort((a, b) => a.at - b.at);
}

/** At which level a kernel logged a line of its console, as far as that is known. */
function levelsOf({ kernelLogs = [] }: RunResult, { role, variant }: ConsoleLog) {
  const mine = kernelLogs.filter((log) => log.role === role && log.variant === variant);
  return new Map(mine.flatMap(({ lines }) => lines.map(({ level, text }) => [text, level])));
}

function pageConsole(
  { role, lines, file }: ConsoleLog,
  boot: number,
  out: string,
  levels: ReturnType<typeof levelsOf>,
): PageConsole {
  const kept = shortened(lines, pathFrom(out, file) ?? file);
  let last = 0;
  const at = kept.map(({ atMs }) => {
    const rounded = Math.round(atMs - boot);
    const distance = rounded - last;
    last = rounded;
    return distance;
  });
  const texts = kept.map((line) => line.text.replaceAll("\n", " "));
  const text = texts.join("\n");
  const complaints = complaintsOf(texts).map(({ index }) => index);
  const told = texts.map((line) => levels.get(line) ?? undefined);
  const indices = (isIt: (level: string) => boolean) =>
    told.flatMap((level, index) => (level !== undefined && isIt(level) ? [index] : []));
  const warnings = indices((level) => level === "warning");
  const errors = indices((level) => level !== "warning");
  return { role, at, text, complaints, errors, warnings };
}

/** The lines, without their middle if there are too many: what matters stands at the beginning or the end. */
function shortened(lines: readonly TimedLine[], file: string): readonly TimedLine[] {
  let half = mostLines / 2;
  let bytes = 0;
  for (const [index, { text }] of lines.entries()) {
    bytes += text.length;
    if (bytes > mostBytes / 2) {
      half = Math.min(half, index);
      break;
    }
  }
  if (lines.length <= half * 2) return lines;
  const first = lines.slice(0, half);
  const end = lines.slice(-half);
  let room = mostBytes / 2;
  const keptEnd = end.filter((_, index) => {
    const fromEnd = end[end.length - 1 - index];
    room -= fromEnd?.text.length ?? 0;
    return room > 0;
  }).length;
  const left = lines.length - half - keptEnd;
  const note = { atMs: first.at(-1)?.atMs ?? 0, text: `[... ${left} lines are only in ${file}]` };
  return [...first, note, ...lines.slice(lines.length - keptEnd)];
}
