// SPDX-License-Identifier: MIT
import * as z from "zod";

/** The file shard.json: what a command that runs several scenarios set out to do. */
export const shardSchema = z.object({
  schema: z.literal(1),
  /** Tells runs of the same scenarios apart, such as by kernel; may be empty. */
  label: z.string(),
  shard: z.object({ index: z.int(), count: z.int() }),
  scenarios: z.array(z.string()),
});

export type ShardPlan = z.output<typeof shardSchema>;

export const shardFile = "shard.json";
