// SPDX-License-Identifier: MIT
import * as z from "zod";
import { roles } from "../scenario/topology/graph.ts";
import { defineCheck } from "./check-kind.ts";
import { evidenceOf, stepOf } from "./step-field.ts";

export const carrier = defineCheck({
  kind: "carrier",
  summary: "the interface has carrier on both sides",
  schema: z.strictObject({ of: stepOf("wait-for-link") }),
  judge: ({ of }, findings) => {
    const link = evidenceOf(findings, of, "wait-for-link");
    const up = roles.filter((role) => link.carrier[role]);
    return {
      measured: up.join(", ") || "none",
      expected: roles.join(", "),
      reason: up.length < roles.length ? "one side has no carrier" : undefined,
    };
  },
});

export const pingLoss = defineCheck({
  kind: "ping-loss",
  judgesOutcome: true,
  summary: "ping lost no more than so many requests",
  schema: z.strictObject({
    of: stepOf("ping"),
    max: z.int().min(0).default(0).describe("How many requests may stay without an answer."),
  }),
  judge: ({ of, max }, findings) => {
    const { sent, received } = evidenceOf(findings, of, "ping");
    const lost = sent - received;
    return {
      measured: lost,
      expected: max === 0 ? 0 : `at most ${max}`,
      unit: `lost of ${sent}`,
      reason: lost > max ? `${received} of ${sent} requests were answered` : undefined,
    };
  },
});
