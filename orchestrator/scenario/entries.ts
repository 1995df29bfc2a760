// SPDX-License-Identifier: MIT
import type { Path } from "./positions.ts";
import { isGroup } from "./provenance.ts";
import { roundsKind } from "./rounds.ts";

/** The lists whose entries a variant or a flag can override, and the field that names an entry. */
export const lists = { steps: "as", checks: "id" } as const;
export type List = keyof typeof lists;
export const listNames: readonly List[] = ["steps", "checks"];

export function listAt(value: unknown, field: string): readonly unknown[] {
  const list = isGroup(value) ? value[field] : undefined;
  return Array.isArray(list) ? list : [];
}

export function nameOf(list: List, entry: unknown): unknown {
  return isGroup(entry) ? entry[lists[list]] : undefined;
}

/** Whether an entry holds steps of its own. */
export function isRounds(entry: unknown): boolean {
  return isGroup(entry) && entry.do === roundsKind;
}

/** The entries of a list, those inside of others behind what holds them. */
export function entriesOf(
  value: unknown,
  list: List,
  prefix: Path = [],
): { readonly entry: unknown; readonly path: Path }[] {
  return listAt(value, list).flatMap((entry, index) => {
    const path = [...prefix, list, index];
    return [{ entry, path }, ...(isRounds(entry) ? entriesOf(entry, list, path) : [])];
  });
}
