// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type Role, roles } from "../lab/arguments.ts";
import { complaintIn } from "../lab/complaints.ts";
import { defineCheck } from "./kind.ts";

/** A line on which a kernel complained. */
export interface Complaint {
  readonly role: Role;
  readonly name: string;
  readonly line: number;
  readonly text: string;
}

/** Finds what the kernels complained about, but for lines that match one of `known`. */
export function scanConsole(
  role: Role,
  lines: readonly string[],
  known: readonly RegExp[],
): Complaint[] {
  return lines.flatMap((text, index) => {
    const kind = complaintIn(text);
    if (!kind || known.some((pattern) => pattern.test(text))) return [];
    return [{ role, name: kind.name, line: index + 1, text: text.replace(/^\[[^\]]*\]\s*/, "") }];
  });
}

export const consoleClean = defineCheck({
  kind: "console-clean",
  summary: "neither kernel complained on its console",
  schema: z.strictObject({
    /** Known noise, with the reason why it may stay. */
    known: z.array(z.strictObject({ pattern: z.string(), reason: z.string() })).default([]),
  }),
  references: () => [],
  judge: ({ known }, findings) => {
    const patterns = known.map(({ pattern }) => new RegExp(pattern));
    const complaints = roles.flatMap((role) =>
      scanConsole(role, findings.consoles[role], patterns),
    );
    const shown = complaints
      .slice(0, 5)
      .map(({ role, name, line, text }) => `${role} console line ${line}: ${name}: ${text}`);
    const more = complaints.length > 5 ? [`and ${complaints.length - 5} more`] : [];
    return {
      measured: complaints.length,
      expected: 0,
      unit: "complaints",
      reason: complaints.length > 0 ? [...shown, ...more].join("; ") : undefined,
    };
  },
});
