// SPDX-License-Identifier: MIT
import type * as z from "zod";
import { explain, type Mistake } from "./explain.ts";
import type { Path } from "./positions.ts";

/** What the schema makes of `value`, which stands at `prefix`. Otherwise what is wrong goes to `mistakes`. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  prefix: Path,
  mistakes: Mistake[],
): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    for (const mistake of explain(schema, value, issue)) {
      mistakes.push({ ...mistake, path: [...prefix, ...mistake.path] });
    }
  }
  return undefined;
}
