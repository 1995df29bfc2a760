// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import { namesOf } from "../scenario/topology/graph.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

const name = z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/, {
  error: "expected a kernel parameter such as net.ipv4.tcp_rmem",
});
const value = z.union([z.int(), z.string().regex(/^[\w .-]+$/)], {
  error: "expected a number or numbers",
});

const schema = z.strictObject({
  set: z.record(name, value).describe("Values by names such as net.ipv4.tcp_rmem."),
});

function commands({ set }: z.output<typeof schema>, { topology }: VariantPlan): GuestCommand[] {
  const lines = Object.entries(set).map(
    ([key, text]) => `echo "${text}" > /proc/sys/${key.replaceAll(".", "/")}`,
  );
  const script = ["set -eu", ...lines].join("\n");
  return namesOf(topology).map((on) => ({ on, what: "setting kernel parameters", script }));
}

export const sysctl = defineStep({
  kind: "sysctl",
  summary: "sets kernel parameters below /proc/sys in all guests",
  schema,
  limitMs: () => 15_000,
  title: ({ set }) => `Set ${Object.keys(set).join(", ")}`,
  commands,
  run: async (params, context): Promise<Record<string, never>> => {
    await inGuests(context, commands(params, context.plan));
    return {};
  },
});
