// SPDX-License-Identifier: MIT
import { entriesOf, type List, listNames, lists, nameOf } from "./entries.ts";
import type { Mistake } from "./explain.ts";
import { suggestion } from "./nearest.ts";
import { changeEntries, override } from "./overrides.ts";
import { type Fields, isGroup, type Provenance } from "./provenance.ts";

/** What one variant of a scenario file says, as if it were a scenario of its own. */
export interface RawVariant {
  /** Empty for a scenario without a matrix. */
  readonly name: string;
  readonly title: string | undefined;
  readonly value: unknown;
}

/** The fields of a scenario that a variant may change. */
export const variantFields = [
  ...[
    "topology",
    "function",
    "functions",
    "needs",
    "transport",
    "known-noise",
    "expect",
    "fails",
    "report",
  ],
  ...listNames,
];

/**
 * Lays each variant over the scenario. What names something that is not there goes to `mistakes`;
 * whether the outcome makes sense is for the caller to validate, variant by variant.
 */
export function expandMatrix(
  file: unknown,
  provenance: Provenance,
  mistakes: Mistake[],
): RawVariant[] {
  const matrix = isGroup(file) && isGroup(file.matrix) ? file.matrix : {};
  const names = Object.keys(matrix);
  mistakes.push(...unknownVariants(file, names));
  if (!isGroup(file) || names.length === 0) return [{ name: "", title: undefined, value: file }];
  return names.map((name) => {
    const over = isGroup(matrix[name]) ? matrix[name] : {};
    const base = ofVariant(provenance.with(file, "matrix", undefined), name, provenance);
    mistakes.push(...unknownNames(base, over, ["matrix", name]));
    return {
      name,
      title: typeof over.title === "string" ? over.title : undefined,
      value: override(base, provenance.pick(over, variantFields), provenance),
    };
  });
}

/** Without the steps and checks that belong to other variants. */
function ofVariant(value: Fields, name: string, provenance: Provenance): Fields {
  const belongs = (entry: unknown) => {
    const only = isGroup(entry) ? entry.variants : undefined;
    return !Array.isArray(only) || only.includes(name);
  };
  return listNames.reduce(
    (result, list) =>
      changeEntries(result, list, provenance, (entry) => (belongs(entry) ? [entry] : [])),
    value,
  );
}

/** Steps and checks that say they belong to a variant which the matrix does not have. */
function unknownVariants(file: unknown, variants: readonly string[]): Mistake[] {
  return listNames.flatMap((list) =>
    entriesOf(file, list).flatMap(({ entry, path }) => {
      const only = isGroup(entry) ? entry.variants : undefined;
      return (Array.isArray(only) ? only : []).flatMap((name, place): Mistake[] => {
        if (typeof name !== "string" || variants.includes(name)) return [];
        const known = variants.length > 0 ? `one of ${variants.join(", ")}` : "a matrix";
        const message = `no variant is named "${name}"; expected ${known}.${suggestion(name, variants)}`;
        return [{ path: [...path, "variants", place], key: false, message }];
      });
    }),
  );
}

/** Overrides, which stand at `prefix`, of steps and checks that `value` does not have. */
export function unknownNames(
  value: unknown,
  over: Fields,
  prefix: readonly PropertyKey[],
  whose = "of this variant",
): Mistake[] {
  return listNames.flatMap((list: List) => {
    const changes = over[list];
    const known = entriesOf(value, list)
      .map(({ entry }) => nameOf(list, entry))
      .filter((name) => name !== undefined);
    return Object.keys(isGroup(changes) ? changes : {}).flatMap((name): Mistake[] => {
      if (known.includes(name)) return [];
      const what = `no ${[list.slice(0, -1), whose].filter(Boolean).join(" ")} is named "${name}" by its field "${lists[list]}"`;
      const message = `${what}.${suggestion(name, known.map(String))}`;
      return [{ path: [...prefix, list, name], key: true, message }];
    });
  });
}
