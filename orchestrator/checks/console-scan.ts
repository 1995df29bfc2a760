// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type ConsoleComplaint, complaintsOf } from "../lab/complaints.ts";
import { withoutTime } from "../lab/stack-trace.ts";
import { knownBy } from "../scenario/known-noise.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { defineCheck } from "./check-kind.ts";
import type { Findings, FoundError, Judgement } from "./findings.ts";

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
    const { complaints, known } = complaintsIn(findings);
    if (complaints.length > 0) return complained(complaints, known);
    if (errors === "any") return counted(0, known);
    const news = (findings.errors ?? []).filter(({ known }) => !known);
    const [silent] = findings.unread ?? [];
    return {
      ...(news.length === 0 ? counted(0, known) : beside(news.length, known)),
      reason:
        errorsReason(news) ??
        (silent &&
          `the ${silent.on}'s kernel could not be asked what it has logged: ${silent.why}`),
    };
  },
});

type Found = ConsoleComplaint & { readonly on: MachineName };

/** Of all consoles, those that nobody knows of, and how many others there are. */
function complaintsIn({ consoles, knownNoise = [] }: Findings) {
  const isKnown = knownBy(knownNoise);
  const all = Object.entries(consoles).flatMap(([on, lines]) =>
    complaintsOf(lines).map((found): Found => ({ on, ...found })),
  );
  const complaints = all.filter(({ on, lines }) => !isKnown(on, lines));
  return { complaints, known: all.length - complaints.length };
}

/** The first one ended the run: what came behind it depends on how fast that was. */
function complained(complaints: readonly Found[], known: number): Judgement {
  const [first] = complaints;
  const guests = [...new Set(complaints.map(({ on }) => on))];
  const where = guests.length > 1 ? ` (${guests.join(" and ")})` : "";
  return {
    ...counted(complaints.length, known, where),
    reason:
      first &&
      `${first.on} console line ${first.index + 1}: ${first.kind.name}: ${withoutTime(first.headline)}`,
    complaints: guests,
  };
}

/** A number where there is no more to say, so that it can be compared. */
function counted(count: number, known: number, where = "") {
  const text = `${count}${known > 0 ? `, and ${known} known` : ""}${where}`;
  return { measured: text === `${count}` ? count : text, expected: 0, unit: "complaints" };
}

function beside(errors: number, known: number) {
  const complaints = known > 0 ? `complaints: ${known} known` : "no complaint";
  const measured = `${complaints}, ${errors} ${errors === 1 ? "error" : "errors"}`;
  return { measured, expected: "neither" };
}

function errorsReason(news: readonly FoundError[]): string | undefined {
  const [first] = news;
  if (!first) return undefined;
  const more = news.length > 1 ? `, and ${news.length - 1} more` : "";
  return `the ${first.on}'s kernel said at error level: ${first.text}${more}; known-noise names what may be`;
}
