// SPDX-License-Identifier: MIT
import * as z from "zod";
import { endingOf } from "../lab/ending.ts";
import { pattern } from "../scenario/pattern.ts";
import { duration } from "../scenario/size.ts";
import { defineCheck } from "./check-kind.ts";
import { offerOf, stepOffering } from "./step-field.ts";

export const linkLoss = defineCheck({
  kind: "link-loss",
  judgesOutcome: true,
  summary:
    "the lost link was noticed, its function removed in time, and what was under way ended in an error",
  schema: z.strictObject({
    of: stepOffering("link-loss"),
    "removed-within": duration
      .prefault("5s")
      .describe(
        "Time from the loss until the host's kernel has removed the function, or the endpoint knows of a dead host.",
      ),
    "work-fails-within": duration
      .optional()
      .describe(
        "Time from the loss until what was under way has ended, with a status other than 0.",
      ),
    "work-says": pattern
      .optional()
      .describe("What the work has to have printed, on its standard output or error."),
  }),
  judge: (params, findings) => {
    const { timeoutScale = 1 } = findings;
    const loss = offerOf(findings, params.of, "link-loss");
    if (!loss) throw new Error(`the step "${params.of}" lost no link`);
    const { noticedMs, removedMs, work } = loss;
    const removalLimit = params["removed-within"] * timeoutScale;
    const workLimit = scaled(params["work-fails-within"], timeoutScale);
    const complaints: string[] = [];
    if ((removedMs ?? noticedMs) > removalLimit) {
      complaints.push(
        removedMs === undefined
          ? `the endpoint took ${ms(noticedMs)} to notice`
          : `the function was there for another ${ms(removedMs)}`,
      );
    }
    if (workLimit !== undefined) {
      if (!work) complaints.push("nothing was under way");
      else if (work.status === 0) complaints.push("what was under way ended well, without a link");
      else if (work.status === undefined) complaints.push(`what was under way ${endingOf(work)}`);
      else if (work.ms > workLimit) complaints.push(`its error came only after ${ms(work.ms)}`);
    }
    const says = params["work-says"];
    const output = work ? `${work.stdout}${work.stderr}` : "";
    if (says !== undefined && !new RegExp(says).test(output)) {
      complaints.push(`what was under way did not say ${says}`);
    }
    const last = output.trim().split("\n").at(-1);
    const ended = work ? `; work ${endingOf(work)} after ${ms(work.ms)}: ${last}` : "";
    const wanted = workLimit === undefined ? "" : `, work failed within ${ms(workLimit)}`;
    return {
      measured: `${removedMs === undefined ? "noticed" : "removed"} after ${ms(removedMs ?? noticedMs)}${ended}`,
      expected: `${removedMs === undefined ? "noticed" : "removed"} within ${ms(removalLimit)}${wanted}`,
      reason: complaints.length > 0 ? complaints.join("; ") : undefined,
    };
  },
});

function scaled(ms: number | undefined, scale: number): number | undefined {
  return ms === undefined ? undefined : ms * scale;
}

function ms(value: number): string {
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
