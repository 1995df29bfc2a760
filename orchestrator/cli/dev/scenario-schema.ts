// SPDX-License-Identifier: MIT
//
// Writes scenarios/scenario.schema.json, the published schema of scenario files. Run by `npm run schema` after an edit
// of orchestrator/scenario, steps or checks.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkKinds } from "../../checks/registry.ts";
import { scenarioDirectory } from "../../project.ts";
import { vocabulary } from "../../run/read-plan.ts";
import { scenarioJsonSchema } from "../../scenario/json-schema.ts";
import { stepKinds } from "../../steps/registry.ts";

export const scenarioSchemaFile = join(scenarioDirectory, "scenario.schema.json");

export function scenarioSchemaText(): string {
  const summaries = (kinds: ReadonlyMap<string, { readonly summary: string }>) =>
    Object.fromEntries([...kinds].map(([kind, { summary }]) => [kind, summary]));
  const schema = scenarioJsonSchema(vocabulary, {
    steps: summaries(stepKinds),
    checks: summaries(checkKinds),
  });
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(scenarioSchemaFile, scenarioSchemaText());
