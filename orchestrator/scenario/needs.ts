// SPDX-License-Identifier: MIT
import * as z from "zod";

const need = z.string().regex(/^[\w-]+(?:=[ymn])?$/, {
  error: "expected CONFIG_NAME, CONFIG_NAME=m, CONFIG_NAME=n, a module's or a feature's name",
});
const needs = z.array(need).default([]);

/**
 * What the guests' kernels must have, by machine, looked at before anything boots: `CONFIG_X` (built in or a module),
 * `CONFIG_X=m`, `CONFIG_X=n` (not set), the name of a module, or that of a feature (orchestrator/provision/kernel/kernel-features.ts).
 */
export const needsSchema = z
  .object({ both: needs, host: needs, endpoint: needs })
  .catchall(needs)
  .prefault({});
export type Needs = z.output<typeof needsSchema>;
