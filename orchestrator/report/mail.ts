// SPDX-License-Identifier: MIT
import { failuresOf, fingerprintOf, problemsOf } from "./fingerprint.ts";
import { kernelErrorLines } from "./kernel-errors.ts";
import { fileReport } from "./report.ts";
import type { Excerpt, RunResult } from "./result.ts";
import {
  clockText,
  compared,
  countsOf,
  duration,
  expectationText,
  kernelLogLines,
  unseenText,
} from "./summary.ts";

/** The outcome as plain text for a mail to a list. */
export const mailReport = fileReport("summary.txt", ({ result }) => mailText(result));

/** Mailing lists wrap at 80. */
const columns = 78;
const mostEvidence = 30;

/** Verdict, what failed with its evidence, versions and the one command that does it again; no line of 80 columns or more. */
export function mailText(result: RunResult): string {
  const { scenario, title, verdict, started, durationMs, checks } = result;
  const expectation = expectationText(result);
  const blocks = [
    [
      ...wrapped(`[${verdict.toUpperCase()}] ${scenario}: ${title}`),
      ...wrapped(
        `${started}, ${duration(durationMs)}; checks: ${countsOf(checks)}; times ${clockText(result)}`,
      ),
    ],
    result.skipped === undefined ? [] : wrapped(`Not run: ${result.skipped}`),
    expectation === undefined ? [] : wrapped(`It ${expectation}.`),
    kernelErrorLines(result).flatMap((line) => wrapped(line, /^ */.exec(line)?.[0])),
    ...problemsOf(result).map(({ what, message }) => problemLines(result, what, message)),
    evidence(result),
    kernelLogLines(result).filter(Boolean).flatMap(mailLine),
    unseenLines(result),
    versionLines(result),
    reproduceLines(result),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function problemLines({ checks }: RunResult, what: string, message: string): string[] {
  const check = checks.find(({ id, status }) => id === what && status === "fail");
  return [
    ...wrapped(`${what}: ${message}`),
    ...(check ? wrapped(compared(check), "  ") : []),
    ...(check?.lines ?? []).flatMap(quoted),
  ];
}

function evidence(result: RunResult): string[] {
  const [failure] = failuresOf(result);
  if (!failure) return [];
  const { excerpt, followedBy = [] } = failure;
  return [
    ...excerpt.slice(0, 1).flatMap(excerptLines),
    ...followedBy.flatMap((later) => [
      ...["", ...wrapped(`Followed by ${later.message}`)],
      ...excerptLines(later.excerpt),
    ]),
  ];
}

function excerptLines({ title, lines }: Excerpt): string[] {
  return [`${title}:`, ...lines.slice(-mostEvidence).flatMap(quoted)];
}

/** A line of a log stays as it is. */
function mailLine(line: string): string[] {
  const [, log] = /^ {4}\| (.*)$/.exec(line) ?? [];
  return log === undefined ? wrapped(line) : quoted(log);
}

function unseenLines(result: RunResult): string[] {
  const text = unseenText(result);
  return text === undefined ? [] : wrapped(text);
}

function versionLines({ versions, accelerator }: RunResult): string[] {
  const entries = Object.entries({ ...versions, accelerator }).filter(([, text]) => text !== "");
  return entries.length === 0
    ? []
    : ["Versions:", ...entries.flatMap(([name, version]) => wrapped(`${name}: ${version}`, "  "))];
}

function reproduceLines(result: RunResult): string[] {
  const fingerprint = fingerprintOf(result);
  const { reproduce } = result;
  return [
    ...(reproduce === undefined ? [] : ["To reproduce:", ...commandLines(reproduce)]),
    ...(fingerprint === undefined ? [] : [`Fingerprint: ${fingerprint}`]),
  ];
}

/** A command keeps its meaning: a shell joins its lines again. */
function commandLines(command: string): string[] {
  const lines = wrapped(command, "  ", 2);
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** Lines of whole words; only a word that is longer than a line is cut into pieces. */
export function wrapped(text: string, indent = "", reserve = 0): string[] {
  const width = columns - indent.length - reserve;
  const pieces = plain(text)
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gu")) ?? []);
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + piece.length > width) lines.push(piece);
    else lines[lines.length - 1] = `${last} ${piece}`;
  }
  return lines.map((line) => indent + line);
}

/** A line of a log as it is, its spaces too; one that is too long goes on below. */
function quoted(line: string): string[] {
  const text = plain(line.replace(/\t/g, "  "));
  const first = "  | ";
  const next = "  |     ";
  const rest = text.slice(columns - first.length);
  const more = rest.match(new RegExp(`.{1,${columns - next.length}}`, "gu")) ?? [];
  return [first + text.slice(0, columns - first.length), ...more.map((part) => next + part)];
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, " ");
}
