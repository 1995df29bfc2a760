// SPDX-License-Identifier: MIT
//
// The fields of a step or check as rows of a table, from the JSON schema that zod makes of its schema.

import * as z from "zod";

/** A field by its dotted name: `during.on` is one inside a group, `modules[].name` one of each entry of a list. */
export interface FieldRow {
  readonly name: string;
  readonly type: string;
  /** As a scenario would write it; undefined where the field has none. */
  readonly fallback: string | undefined;
  readonly required: boolean;
  /** Empty where nobody has written one. */
  readonly description: string;
}

type Json = z.core.JSONSchema.JSONSchema;

export function fieldRows(schema: z.ZodObject): FieldRow[] {
  return rowsOf(z.toJSONSchema(schema, { io: "input" }), "");
}

function rowsOf(group: Json, prefix: string): FieldRow[] {
  return Object.entries(group.properties ?? {}).flatMap(([field, one]) => {
    if (typeof one === "boolean") return [];
    const name = `${prefix}${field}`;
    const row = {
      name,
      type: typeOf(one),
      fallback: one.default === undefined ? undefined : written(one.default),
      required: group.required?.includes(field) === true,
      description: one.description ?? "",
    };
    const items = itemsOf(one);
    return [row, ...rowsOf(one, `${name}.`), ...(items ? rowsOf(items, `${name}[].`) : [])];
  });
}

function itemsOf({ items }: Json): Json | undefined {
  return typeof items === "object" && !Array.isArray(items) ? items : undefined;
}

/** A value in YAML's short form. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function typeOf(one: Json): string {
  if (one.title !== undefined) return one.title;
  if (one.enum) return one.enum.map((value) => `\`${value}\``).join(", ");
  if (one.const !== undefined) return `\`${one.const}\``;
  if (one.anyOf) return one.anyOf.map(typeOf).join(" or ");
  switch (one.type) {
    case "integer":
      return `whole number${boundsOf(one)}`;
    case "number":
      return `number${boundsOf(one)}`;
    case "boolean":
      return "`true`, `false`";
    case "string":
      return "text";
    case "array": {
      const items = itemsOf(one);
      return items && Object.keys(items).length > 0 ? `list: ${typeOf(items)}` : "list";
    }
    case "object": {
      const values = one.additionalProperties;
      return typeof values === "object" ? `values by name: ${typeOf(values)}` : "group";
    }
    default:
      throw new Error(`no words for the type of ${JSON.stringify(one)}`);
  }
}

/** zod bounds every whole number by what JavaScript can hold. */
function boundsOf({ minimum, exclusiveMinimum, maximum }: Json): string {
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  if (least !== undefined) return `, ${least} or more`;
  if (exclusiveMinimum !== undefined) return `, above ${exclusiveMinimum}`;
  return most === undefined ? "" : `, ${most} at most`;
}
