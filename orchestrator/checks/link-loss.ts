// SPDX-License-Identifier: MIT
import * as z from "zod";
import { duration } from "../scenario/size.ts";
import { defineCheck, evidenceOf } from "./kind.ts";

export const linkLoss = defineCheck({
  kind: "link-loss",
  summary:
    "the host removed the function of a lost link in time, and what was under way ended in an error",
  schema: z.strictObject({
    of: z.string(),
    /** Time from the loss until the host's kernel has removed the function. */
    "removed-within": duration.prefault("5s"),
    /** Time from the loss until what was under way has ended, with a status other than 0. */
    "work-fails-within": duration.optional(),
    /** What the work has to have printed when it ended: a regular expression. */
    "work-says": z.string().optional(),
  }),
  references: ({ of }) => [{ field: "of", id: of, kinds: ["lose-link"] }],
  judge: (params, findings) => {
    const { removedMs, work } = evidenceOf(findings, params.of, "lose-link");
    const removalLimit = params["removed-within"];
    const workLimit = params["work-fails-within"];
    const complaints: string[] = [];
    if (removedMs > removalLimit) {
      complaints.push(`the function was there for another ${ms(removedMs)}`);
    }
    if (workLimit !== undefined) {
      if (!work) complaints.push("nothing was under way");
      else if (work.status === 0) complaints.push("what was under way ended well, without a link");
      else if (work.status === undefined) complaints.push("what was under way had to be killed");
      else if (work.ms > workLimit) complaints.push(`its error came only after ${ms(work.ms)}`);
    }
    const says = params["work-says"];
    if (says !== undefined && !new RegExp(says).test(work?.output ?? "")) {
      complaints.push(`what was under way did not say ${says}`);
    }
    const last = work?.output.trim().split("\n").at(-1);
    const ended = work
      ? `; work ended with status ${work.status} after ${ms(work.ms)}: ${last}`
      : "";
    const wanted = workLimit === undefined ? "" : `, work failed within ${ms(workLimit)}`;
    return {
      measured: `removed after ${ms(removedMs)}${ended}`,
      expected: `removed within ${ms(removalLimit)}${wanted}`,
      reason: complaints.length > 0 ? complaints.join("; ") : undefined,
    };
  },
});

function ms(value: number): string {
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
