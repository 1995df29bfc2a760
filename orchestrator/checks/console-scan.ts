// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type ConsoleComplaint, complaintsOf } from "../lab/complaints.ts";
import { withoutTime } from "../lab/stack-trace.ts";
import { knownBy } from "../scenario/known-noise.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { defineCheck } from "./check-kind.ts";
import type { Findings, Judgement } from "./findings.ts";

const schema = z.strictObject({
  errors: z
    .enum(["known", "any"])
    .default("known")
    .describe(
      "`known`: an error that a kernel logs and `known-noise` does not name fails the check. `any`: complaints alone do.",
    ),
});

export const consoleClean = defineCheck({
  kind: "console-clean",
  summary: "no kernel complained on its console, or logged an error that nobody expects",
  schema,
  judge: ({ errors }, findings) => {
    const { complaints, lines, known } = complaintsIn(findings);
    const news = errors === "any" ? [] : newsIn(findings, lines, complaints);
    if (complaints.length > 0) return complained(complaints, news, known);
    if (news.length === 0) return counted(0, known);
    const count = news.filter(({ logged }) => logged).length;
    return {
      ...(count === 0
        ? counted(0, known)
        : withErrors(known > 0 ? `complaints: ${known} known` : "no complaint", count)),
      reason: inWords(news),
      errors: news.map(({ text }) => text),
    };
  },
});

type Found = ConsoleComplaint & { readonly on: MachineName };

/** Of all consoles, those that nobody knows of, all lines that are part of any, and how many others there are. */
function complaintsIn({ consoles, knownNoise = [] }: Findings) {
  const isKnown = knownBy(knownNoise);
  const all = Object.entries(consoles).flatMap(([on, lines]) =>
    complaintsOf(lines).map((found): Found => ({ on, ...found })),
  );
  const complaints = all.filter(({ on, lines }) => !isKnown(on, lines));
  const lines = all.flatMap((found) => found.lines.map((line) => lineOf(found.on, line)));
  return { complaints, lines: new Set(lines), known: all.length - complaints.length };
}

/** So that a line of the kernel's log is found among its console's. */
function lineOf(on: MachineName, line: string): string {
  return `${on}: ${withoutTime(line)}`;
}

interface News {
  readonly text: string;
  /** Whether a kernel has said so, and it is not the lab that could not ask one. */
  readonly logged: boolean;
}

/**
 * What no complaint has to do with: errors that nobody expects, and the first kernel that could not be asked for them. One that has
 * complained may be dead.
 */
function newsIn(
  { errors = [], unread = [] }: Findings,
  lines: ReadonlySet<string>,
  complaints: readonly Found[],
): News[] {
  const silent = unread.filter(({ on }) => complaints.every((found) => found.on !== on));
  return [
    ...errors
      .filter(({ on, text, known }) => !known && !lines.has(lineOf(on, text)))
      .map(({ on, text }) => ({
        text: `the ${on}'s kernel said at error level: ${text}`,
        logged: true,
      })),
    ...silent.slice(0, 1).map(({ on, why }) => ({
      text: `the ${on}'s kernel could not be asked what it has logged: ${why}`,
      logged: false,
    })),
  ];
}

/** The first one ended the run: what came behind it depends on how fast that was. */
function complained(complaints: readonly Found[], news: readonly News[], known: number): Judgement {
  const [first] = complaints;
  const guests = [...new Set(complaints.map(({ on }) => on))];
  const where = guests.length > 1 ? ` (${guests.join(" and ")})` : "";
  const errors = news.filter(({ logged }) => logged).length;
  const others = news.length === 0 ? "" : `; beside that ${inWords(news)}`;
  const count = counted(complaints.length, known, where);
  return {
    ...(errors === 0 ? count : withErrors(`complaints: ${count.measured}`, errors)),
    reason:
      first &&
      `${first.on} console line ${first.index + 1}: ${first.kind.name}: ${withoutTime(first.headline)}${others}`,
    complaints: guests,
    ...(news.length === 0 ? {} : { errors: news.map(({ text }) => text) }),
  };
}

/** A number where there is no more to say, so that it can be compared. */
function counted(count: number, known: number, where = "") {
  const text = `${count}${known > 0 ? `, and ${known} known` : ""}${where}`;
  return { measured: text === `${count}` ? count : text, expected: 0, unit: "complaints" };
}

function withErrors(complaints: string, errors: number) {
  return {
    measured: `${complaints}, ${errors} ${errors === 1 ? "error" : "errors"}`,
    expected: "neither",
  };
}

function inWords(news: readonly News[]): string | undefined {
  const [first] = news;
  if (!first?.logged) return first?.text;
  const more = news.length > 1 ? `, and ${news.length - 1} more` : "";
  return `${first.text}${more}; known-noise names what may be`;
}
