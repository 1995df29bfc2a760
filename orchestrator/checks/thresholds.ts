// SPDX-License-Identifier: MIT
import * as z from "zod";
import { defineCheck, NothingToJudge } from "./check-kind.ts";
import type { Findings, Judgement } from "./findings.ts";

const bounds = {
  min: z.number().optional().describe("What it is at least."),
  max: z.number().optional().describe("What it is at most."),
};
const name = z.string().describe("The metric's name, with the prefix of its step.");

export const metric = defineCheck({
  kind: "metric",
  summary: "the median of a metric lies within bounds; without bounds it must only exist",
  schema: z.strictObject({ metric: name, ...bounds }),
  judge: (params, findings) => {
    const found = findings.metrics.find((candidate) => candidate.name === params.metric);
    if (!found) throw missing(params.metric, findings);
    return within(found.median, found.unit, params);
  },
});

export const ratio = defineCheck({
  kind: "ratio",
  summary:
    "the ratio of two metrics' medians lies within bounds; without bounds both must only exist",
  schema: z.strictObject({
    metric: name,
    over: z.string().describe("The name of the metric that it is divided by."),
    ...bounds,
  }),
  judge: (params, findings) => {
    const [above, below] = [params.metric, params.over].map((name) =>
      findings.metrics.find((candidate) => candidate.name === name),
    );
    if (!above) throw missing(params.metric, findings);
    if (!below) throw missing(params.over, findings);
    return within(above.median / below.median, "times", params);
  },
});

export const spread = defineCheck({
  kind: "spread",
  summary:
    "the samples of a metric lie no further from the middle of their range than so many percent",
  schema: z.strictObject({
    metric: name,
    max: z.number().positive().describe("In percent of the median."),
  }),
  judge: ({ metric: name, max }, findings) => {
    const found = findings.metrics.find((candidate) => candidate.name === name);
    if (!found) throw missing(name, findings);
    if (found.samples.length < 2) {
      throw new NothingToJudge(`${name} has one sample: measure it in rounds`);
    }
    const range = Math.max(...found.samples) - Math.min(...found.samples);
    return within((range / 2 / found.median) * 100, "%", { max });
  },
});

function missing(name: string, findings: Findings): NothingToJudge {
  const names = findings.metrics.map((candidate) => candidate.name).join(", ") || "none";
  return new NothingToJudge(`no metric ${name}; measured were: ${names}`);
}

function within(
  value: number,
  unit: string,
  { min, max }: { min?: number | undefined; max?: number | undefined },
): Judgement {
  const limits = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ];
  const good =
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max);
  const expected = limits.join(", ") || "measured";
  const rounded = Number(value.toPrecision(4));
  return {
    measured: rounded,
    expected,
    unit,
    reason: good ? undefined : `${rounded} ${unit} is not ${expected}`,
  };
}
