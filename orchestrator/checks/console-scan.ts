// SPDX-License-Identifier: MIT
import * as z from "zod";
import { complaintsOf } from "../lab/complaints.ts";
import { withoutTime } from "../lab/stack-trace.ts";
import { knownBy } from "../scenario/known-noise.ts";
import { defineCheck } from "./check-kind.ts";

export const consoleClean = defineCheck({
  kind: "console-clean",
  summary: "neither kernel complained on its console",
  schema: z.strictObject({}),
  judge: (_params, { consoles, knownNoise = [] }) => {
    const isKnown = knownBy(knownNoise);
    const all = Object.entries(consoles).flatMap(([role, lines]) =>
      complaintsOf(lines).map((found) => ({ role, ...found })),
    );
    const complaints = all.filter(({ role, lines }) => !isKnown(role, lines));
    const known = all.length - complaints.length;
    // The first one ended the run: what came behind it depends on how fast that was.
    const [first] = complaints;
    const guests = Object.keys(consoles).filter((role) =>
      complaints.some((one) => one.role === role),
    );
    const where = guests.length > 1 ? ` (${guests.join(" and ")})` : "";
    const count = known > 0 ? `${complaints.length}, and ${known} known` : complaints.length;
    const reason =
      first &&
      `${first.role} console line ${first.index + 1}: ${first.kind.name}: ${withoutTime(first.headline)}`;
    return {
      measured: where === "" ? count : `${count}${where}`,
      expected: 0,
      unit: "complaints",
      reason,
      complaints: first && guests,
    };
  },
});
