// SPDX-License-Identifier: MIT
import { isRounds, type List, listAt, listNames, nameOf } from "./entries.ts";
import { type Fields, isGroup, type Provenance } from "./provenance.ts";

/**
 * Lays `over` over a scenario: groups of fields merge, anything else is replaced, null takes away. Steps
 * and checks go by their names: `over.steps.tcp` is laid over the step with `as: tcp`.
 */
export function override(value: Fields, over: Fields, provenance: Provenance): Fields {
  const groups = Object.keys(over).filter((field) => !listNames.some((list) => list === field));
  let result = provenance.merge(value, provenance.pick(over, groups)) as Fields;
  for (const list of listNames) {
    const changes = over[list];
    if (isGroup(changes)) {
      result = changeEntries(result, list, provenance, (entry) => {
        const change = changes[String(nameOf(list, entry))];
        return [change === undefined ? entry : provenance.merge(entry, change)];
      });
    }
  }
  return result;
}

/** A scenario with each entry of a list replaced by what `change` makes of it; nothing takes the entry away. */
export function changeEntries(
  holder: Fields,
  list: List,
  provenance: Provenance,
  change: (entry: unknown) => readonly unknown[],
): Fields {
  const entries = listAt(holder, list);
  if (!Array.isArray(holder[list])) return holder;
  const changed = entries.flatMap((entry, index) => {
    const place = provenance.entry(entries, index);
    return change(entry).map((value) => ({
      place,
      value:
        isGroup(value) && isRounds(value) ? changeEntries(value, list, provenance, change) : value,
    }));
  });
  return provenance.with(holder, list, provenance.list(changed));
}
