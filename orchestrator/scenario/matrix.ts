// SPDX-License-Identifier: MIT

import type { Mistake } from "./explain.ts";
import { suggestion } from "./nearest.ts";
import type { Path } from "./positions.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What one variant of a scenario file says, as if it were a scenario of its own. */
export interface RawVariant {
  /** Empty for a scenario without a matrix. */
  readonly name: string;
  readonly title: string | undefined;
  readonly value: unknown;
  /** Where in the file stands what is at `path` in `value`. */
  readonly origin: (path: Path) => Path;
}

/** The lists whose entries a variant can override or leave out, and the field that names an entry. */
const lists = { steps: "as", checks: "id" } as const;
type List = keyof typeof lists;
const listNames: readonly List[] = ["steps", "checks"];

/**
 * Lays each variant over the scenario. What names something that is not there goes to `mistakes`;
 * whether the outcome makes sense is for the caller to validate, variant by variant.
 */
export function expandMatrix(file: unknown, mistakes: Mistake[]): RawVariant[] {
  const names = isGroup(file) && isGroup(file.matrix) ? Object.keys(file.matrix) : [];
  mistakes.push(...unknownVariants(file, names));
  if (!isGroup(file) || names.length === 0) {
    return [{ name: "", title: undefined, value: file, origin: (path) => path }];
  }
  return names.map((name) => {
    const over = at(file, ["matrix", name]);
    mistakes.push(...unknownNames(file, name));
    return layOver(file, name, isGroup(over) ? over : {});
  });
}

function layOver(file: Fields, name: string, over: Fields): RawVariant {
  const { matrix: _, ...base } = file;
  const value: Record<string, unknown> = { ...base };
  for (const field of ["topology", "function"]) {
    if (over[field] !== undefined) value[field] = merge(base[field], over[field]);
  }
  const kept = new Map<List, readonly number[]>();
  for (const list of listNames) {
    const entries = listAt(file, list);
    if (!entries) continue;
    const indices = entries.map((_entry, index) => index).filter((i) => belongs(entries[i], name));
    kept.set(list, indices);
    value[list] = indices.map((index) => {
      const entry = entries[index];
      const change = at(over, [list, String(nameOf(list, entry))]);
      return change === undefined ? entry : merge(entry, change);
    });
  }
  const title = typeof over.title === "string" ? over.title : undefined;
  return { name, title, value, origin };

  function origin(path: Path): Path {
    const [field, index, ...rest] = path;
    const list = listNames.find((known) => known === field);
    if (list && typeof index === "number") {
      const original = kept.get(list)?.[index] ?? index;
      const entry = listAt(file, list)?.[original];
      const inMatrix = ["matrix", name, list, String(nameOf(list, entry)), ...rest];
      return deeper(inMatrix, [list, original, ...rest]);
    }
    return field === "topology" || field === "function"
      ? deeper(["matrix", name, ...path], path)
      : path;
  }

  /** The one that exists; of two, the variant's own; of none, the one of which more exists. */
  function deeper(inMatrix: Path, inBase: Path): Path {
    const missing = (path: Path) => path.length - depth(file, path);
    if (missing(inMatrix) === 0) return inMatrix;
    return missing(inMatrix) < missing(inBase) ? inMatrix : inBase;
  }
}

function belongs(entry: unknown, variant: string): boolean {
  const only = at(entry, ["variants"]);
  return !Array.isArray(only) || only.includes(variant);
}

function nameOf(list: List, entry: unknown): unknown {
  return at(entry, [lists[list]]);
}

/** As RFC 7396, JSON Merge Patch. */
function merge(base: unknown, patch: unknown): unknown {
  if (!isGroup(patch)) return patch;
  const merged: Record<string, unknown> = isGroup(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** Steps and checks that say they belong to a variant which the matrix does not have. */
function unknownVariants(file: unknown, variants: readonly string[]): Mistake[] {
  return listNames.flatMap((list) =>
    (listAt(file, list) ?? []).flatMap((entry, index) => {
      const only = at(entry, ["variants"]);
      return (Array.isArray(only) ? only : []).flatMap((name, place): Mistake[] => {
        if (typeof name !== "string" || variants.includes(name)) return [];
        const known = variants.length > 0 ? `one of ${variants.join(", ")}` : "a matrix";
        const message = `no variant is named "${name}"; expected ${known}.${suggestion(name, variants)}`;
        return [{ path: [list, index, "variants", place], key: false, message }];
      });
    }),
  );
}

/** Overrides of steps and checks that the scenario does not have, or not in that variant. */
function unknownNames(file: Fields, variant: string): Mistake[] {
  return listNames.flatMap((list) => {
    const over = at(file, ["matrix", variant, list]);
    const entries = (listAt(file, list) ?? []).filter((entry) => belongs(entry, variant));
    const known = entries.map((entry) => nameOf(list, entry)).filter((name) => name !== undefined);
    return Object.keys(isGroup(over) ? over : {}).flatMap((name): Mistake[] => {
      if (known.includes(name)) return [];
      const what = `no ${list.slice(0, -1)} of this variant is named "${name}" by its field "${lists[list]}"`;
      const message = `${what}.${suggestion(name, known.map(String))}`;
      return [{ path: ["matrix", variant, list, name], key: true, message }];
    });
  });
}

function isGroup(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listAt(value: unknown, list: List): readonly unknown[] | undefined {
  const found = at(value, [list]);
  return Array.isArray(found) ? found : undefined;
}

function at(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** How many parts of `path` the document has. */
function depth(value: unknown, path: Path): number {
  let found = 0;
  while (found < path.length && at(value, path.slice(0, found + 1)) !== undefined) found++;
  return found;
}
