// SPDX-License-Identifier: MIT
//
// Workflow files, as far as a rehearsal knows what they mean. A key that it does not know is an error: what is not rehearsed
// must not seem to have been.

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const variables = z.record(z.string(), scalar);
const condition = z.union([z.string(), z.boolean()]).transform(String);

const stepSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: condition.optional(),
  uses: z.string().optional(),
  with: variables.default({}),
  run: z.string().optional(),
  env: variables.default({}),
  "continue-on-error": z.boolean().default(false),
});

const jobSchema = z.strictObject({
  needs: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((names) => [names].flat()),
  if: condition.optional(),
  "runs-on": z.string(),
  container: z.string().optional(),
  "timeout-minutes": z.number(),
  permissions: z.record(z.string(), z.string()).optional(),
  outputs: variables.default({}),
  env: variables.default({}),
  strategy: z
    .strictObject({
      "fail-fast": z.literal(false),
      matrix: z.record(z.string(), z.unknown()),
    })
    .optional(),
  steps: z.array(stepSchema),
});
export type WorkflowJob = z.output<typeof jobSchema>;

const inputSchema = z.strictObject({ description: z.string(), default: z.string() });

const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    push: z.unknown().optional(),
    pull_request: z.unknown().optional(),
    schedule: z.unknown().optional(),
    workflow_dispatch: z
      .strictObject({ inputs: z.record(z.string(), inputSchema).default({}) })
      .nullish(),
  }),
  permissions: z.record(z.string(), z.string()),
  // Nothing runs beside a rehearsal.
  concurrency: z.unknown().optional(),
  env: variables.default({}),
  jobs: z.record(z.string(), jobSchema),
});
export type Workflow = z.output<typeof workflowSchema>;

export function readWorkflow(file: string): Workflow {
  return workflowSchema.parse(parse(readFileSync(file, "utf8")));
}

/** The jobs, each behind those that it needs. Throws when one needs a job that there is not, or itself. */
export function inOrder({ jobs }: Workflow): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    const job = jobs[name];
    if (job === undefined || path.includes(name)) {
      throw new Error(`job ${path.at(-1) ?? name} needs ${name}, which cannot go before it`);
    }
    for (const needed of job.needs) visit(needed, [...path, name]);
    order.push(name);
  };
  for (const name of Object.keys(jobs)) visit(name, []);
  return order;
}
