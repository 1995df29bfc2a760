// SPDX-License-Identifier: MIT
//
// What each kernel has logged at warning level or above: by its own log, and by its console where it is no longer there to be asked.
import type { FoundError } from "../../checks/findings.ts";
import { complaintsOf } from "../../lab/complaints.ts";
import type { ConsoleLine } from "../../lab/console.ts";
import { isError, type LoggedLine, messagesIn, nameOfLevel, readLog } from "../../lab/dmesg.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { withoutTime } from "../../lab/stack-trace.ts";
import type { KernelLog } from "../../report/result.ts";
import { type KnownNoise, reasonIn } from "../../scenario/known-noise.ts";
import type { MachineName } from "../../scenario/topology/graph.ts";
import { type BetweenMarks, betweenMarks } from "./step-marks.ts";

/** A guest that does not answer within this has nothing to say. */
const answerMs = 5000;

/** So many lines of each kernel are kept. */
const mostLines = 400;

type Place = { readonly between?: BetweenMarks };

/** A log whose lines know between which marks they stand. */
export interface AskedLog extends KernelLog {
  readonly lines: (KernelLog["lines"][number] & Place)[];
}

/**
 * Asks all kernels. Never throws: one that cannot be asked has its console. So has each that ran on the machine before, until its VM was
 * killed or started anew.
 */
export function kernelLogs(
  lab: RunningLab,
  { timeScale, signal }: { readonly timeScale: number; readonly signal: AbortSignal },
): Promise<AskedLog[]> {
  return Promise.all(
    Object.entries(lab.consoles).map(async ([role, console]): Promise<AskedLog> => {
      const former = loggedOn(console.formerLines);
      try {
        const options = { ms: answerMs * timeScale, what: "reading the kernel's log", signal };
        const { stdout } = await lab.vm(role).ssh.check(readLog, options);
        const log = kernelLog(role, stdout);
        return { ...log, lines: [...former, ...log.lines] };
      } catch (error) {
        return unasked(role, console.lines, error instanceof Error ? error.message : String(error));
      }
    }),
  );
}

/** What of a log as `dmesg -r` prints it is news. */
export function kernelLog(role: MachineName, dmesg: string): AskedLog {
  const lines = newsIn(messagesIn(dmesg), () => undefined);
  if (begins(dmesg)) return { role, lines };
  return { role, lines, note: "its log has lost its beginning", unread: true };
}

/** The kernel's first lines; without them, its buffer has run over. A PC's kernel says its version first, Arm's its processor. */
function begins(dmesg: string): boolean {
  const at = String.raw`^<\d+>\[ +0\.000000\](?:\[ *T\d+\])? `;
  const pc = new RegExp(`${at}Linux version .*\\n${at}Command line: `, "m");
  return new RegExp(`${at}Booting Linux`, "m").test(dmesg) || pc.test(dmesg);
}

/** What drivers say of trouble, in words. */
const trouble =
  /\b(?:errors?|fail(?:s|ed|ure)?|warn(?:ing)?|bug|time[d-]? ?out|unable|invalid|cannot|can't|refused?|abort(?:ed)?|lost|corrupt\w*|unexpected|denied)\b/i;

/** What of a console was logged at warning level or above, and what of it others than the kernel said of trouble. */
function loggedOn(console: readonly ConsoleLine[]): AskedLog["lines"] {
  return newsIn(console, (text) => (trouble.test(text) ? { level: null, text } : undefined));
}

/** `ofOthers` is asked of what has no level. */
function newsIn(
  lines: readonly { readonly level?: number; readonly text: string }[],
  ofOthers: (text: string) => LoggedLine | undefined,
): AskedLog["lines"] {
  const places = betweenMarks(lines.map(({ text }) => text));
  return lines.flatMap(({ level, text }, index): AskedLog["lines"] => {
    const name = level === undefined ? undefined : nameOfLevel(level);
    const line = level === undefined ? ofOthers(text) : name && { level: name, text };
    const between = places[index];
    const marked = between?.after !== undefined || between?.before !== undefined;
    return line === undefined ? [] : [{ ...line, ...(marked ? { between } : {}) }];
  });
}

/** In place of the log of a kernel that does not answer: its console. */
export function unasked(
  role: MachineName,
  console: readonly ConsoleLine[],
  reason: string,
): AskedLog {
  const note = `it could not be asked for its log (${reason}): these are lines of its console`;
  return { role, lines: loggedOn(console), note, unread: true };
}

/** What of a log reports have. Of too many lines the first ones go, but those of an error that nobody expects only after all others. */
export function shortened(log: KernelLog): KernelLog {
  const left = log.lines.length - mostLines;
  if (left <= 0) return log;
  const latestFirst = log.lines.toReversed();
  const isNews = (line: KernelLog["lines"][number]) => isError(line) && line.known === undefined;
  const order = [...latestFirst.filter(isNews), ...latestFirst.filter((line) => !isNews(line))];
  const stay = new Set(order.slice(0, mostLines));
  const notes = [...(log.note === undefined ? [] : [log.note]), `${left} lines are left out`];
  return { ...log, lines: log.lines.filter((line) => stay.has(line)), note: notes.join("; ") };
}

/** A step during which something was logged: its id in reports, and the name that the scenario gives it. */
export interface SeenDuring {
  readonly id: string;
  readonly name: string;
}

/** What is known of an error, and the step during which it was logged. */
export interface AboutErrors {
  readonly knownNoise: KnownNoise;
  /** The step that ran when it said that line, the one with so many equal ones `behind` it; undefined where nobody knows, and before the first. */
  readonly stepOf: (
    line: { readonly text: string } & Place,
    behind: number,
  ) => SeenDuring | undefined;
  /** Of a line that is part of a complaint that may be: why. */
  readonly inComplaint: (text: string) => string | undefined;
}

/** The lines of a console's complaints that may be, by why they may. A complaint is known by any of its lines. */
export function knownComplaints(
  machine: MachineName,
  console: readonly string[],
  noise: KnownNoise,
): ReadonlyMap<string, string> {
  return new Map(
    complaintsOf(console).flatMap(({ lines }): [string, string][] => {
      const reason = reasonIn(noise, machine, lines);
      return reason === undefined ? [] : lines.map((line) => [line, reason]);
    }),
  );
}

/** The same log, in which each error has its step, and a known one the reason why it may be. */
export function withErrors(
  log: AskedLog,
  { knownNoise, stepOf, inComplaint }: AboutErrors,
): KernelLog {
  const lines = log.lines.map((asked, index) => {
    const { between, ...line } = asked;
    if (!isError(line)) return line;
    const behind = log.lines.slice(index + 1).filter(({ text }) => text === line.text).length;
    const step = stepOf(asked, behind);
    const known = reasonIn(knownNoise, log.role, [line.text], step?.name) ?? inComplaint(line.text);
    return {
      ...line,
      ...(step === undefined ? {} : { step: step.id }),
      ...(known === undefined ? {} : { known }),
    };
  });
  return { ...log, lines };
}

/** What checks look at of a log. */
export function errorsIn({ role, lines }: KernelLog): FoundError[] {
  return lines
    .filter(isError)
    .map(({ text, known }) => ({ on: role, text: withoutTime(text), known }));
}
