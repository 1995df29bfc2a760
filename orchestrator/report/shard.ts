// SPDX-License-Identifier: MIT
import * as z from "zod";

/** The file shard.json: what a command that runs several scenarios set out to do. */
export const shardSchema = z.object({
  schema: z.literal(1),
  /** Tells runs of the same scenarios apart, such as by kernel; may be empty. */
  label: z.string(),
  shard: z.object({ index: z.int(), count: z.int() }),
  scenarios: z.array(z.string()),
  /** Scenarios that these kernels are expected not to run; absent where a skip is none of anybody's business. */
  expectedSkips: z.array(z.string()).optional(),
});

export type ShardPlan = z.output<typeof shardSchema>;

export const shardFile = "shard.json";
