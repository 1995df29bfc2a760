// SPDX-License-Identifier: MIT
import * as z from "zod";
import { complaintIn } from "../lab/complaints.ts";
import { type Role, roles } from "../lab/role.ts";
import { complaintLines, withoutTime } from "../lab/stack-trace.ts";
import { type KnownNoise, reasonFor } from "../scenario/known-noise.ts";
import { defineCheck } from "./check-kind.ts";

/** A line on which a kernel complained. */
export interface Complaint {
  readonly role: Role;
  readonly name: string;
  readonly line: number;
  readonly text: string;
}

/** Finds what a kernel complained of, and apart from that the lines that are known noise. */
export function scanConsole(
  role: Role,
  lines: readonly string[],
  noise: KnownNoise,
): { complaints: Complaint[]; known: number } {
  const all = lines.flatMap((text, index) => {
    const kind = complaintIn(text);
    return kind ? [{ role, name: kind.name, line: index + 1, text: withoutTime(text) }] : [];
  });
  const complaints = all.filter(({ line }) => {
    return reasonFor(noise, role, complaintLines(lines, line - 1)) === undefined;
  });
  return { complaints, known: all.length - complaints.length };
}

export const consoleClean = defineCheck({
  kind: "console-clean",
  summary: "neither kernel complained on its console",
  schema: z.strictObject({}),
  references: () => [],
  judge: (_params, { consoles, knownNoise = [] }) => {
    const scans = roles.map((role) => scanConsole(role, consoles[role], knownNoise));
    const complaints = scans.flatMap((scan) => scan.complaints);
    const known = scans.reduce((sum, scan) => sum + scan.known, 0);
    // The first one ended the run: what came behind it depends on how fast that was.
    const [first] = complaints;
    const guests = roles.filter((role) => complaints.some((one) => one.role === role));
    const where = guests.length > 1 ? ` (${guests.join(" and ")})` : "";
    const count = known > 0 ? `${complaints.length}, and ${known} known` : complaints.length;
    const reason =
      first && `${first.role} console line ${first.line}: ${first.name}: ${first.text}`;
    return {
      measured: where === "" ? count : `${count}${where}`,
      expected: 0,
      unit: "complaints",
      reason,
      complaints: first && guests,
    };
  },
});
