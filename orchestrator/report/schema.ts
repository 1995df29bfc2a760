// SPDX-License-Identifier: MIT
//
// Writes result.schema.json, the published schema of result.json. Run by `npm run schema` after an edit of result.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { resultSchema } from "./result.ts";

export const schemaFile = join(import.meta.dirname, "result.schema.json");

/** The JSON schema (draft 2020-12) of result.json, as text. Fields that come later do not make a result invalid. */
export function schemaText(): string {
  const schema = z.toJSONSchema(resultSchema, { io: "input" });
  const head = {
    $schema: schema.$schema,
    title: "ntb-edma-lab result.json",
    description: "What a run of a scenario found. Times and durations are in milliseconds.",
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, schemaText());
