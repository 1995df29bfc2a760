// SPDX-License-Identifier: MIT
import type { Path } from "./positions.ts";

/** A text that says something of a scenario: a file, or what a flag was given. */
export interface Source {
  readonly file: string;
  /** Line and column, from 1, of what stands at `path`; without lines (a flag) there is none. */
  readonly position?: (path: Path, key: boolean) => { line: number; column: number };
}

/** Where something stands. */
export interface Place {
  readonly source: Source;
  readonly path: Path;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A group of fields: neither a list nor a plain value. */
export function isGroup(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Remembers where every field and entry of a scenario comes from while files, variants and flags are
 * laid over one another, so that a mistake is told where a person has written it.
 */
export class Provenance {
  readonly #places = new WeakMap<object, ReadonlyMap<string, Place>>();
  readonly #main: Source;

  constructor(main: Source) {
    this.#main = main;
  }

  /** Takes in what `source` says, with all that is in it. What YAML has twice by an alias stands where its anchor is. */
  adopt(value: unknown, source: Source, path: Path = []): void {
    if (typeof value !== "object" || value === null || this.#places.has(value)) return;
    const places = new Map<string, Place>();
    this.#places.set(value, places);
    for (const [name, inner] of Object.entries(value)) {
      const here = [...path, Array.isArray(value) ? Number(name) : name];
      places.set(name, { source, path: here });
      this.adopt(inner, source, here);
    }
  }

  /** Where the entry `name` of `holder` stands, if that is known. */
  entry(holder: unknown, name: PropertyKey): Place | undefined {
    if (typeof holder !== "object" || holder === null) return undefined;
    return this.#places.get(holder)?.get(String(name));
  }

  /** A list of entries that come from elsewhere. */
  list(entries: readonly { readonly value: unknown; readonly place: Place | undefined }[]) {
    return this.#made(
      entries.map(({ value }) => value),
      entries.map(({ place }, index) => [String(index), place]),
    );
  }

  /** `fields` with one of them replaced by what has been made of it. */
  with(fields: Fields, name: string, value: unknown): Fields {
    return this.#made({ ...fields, [name]: value }, this.#placesIn(fields, Object.keys(fields)));
  }

  /** Some of `fields`. */
  pick(fields: Fields, names: readonly string[]): Fields {
    const there = names.filter((name) => Object.hasOwn(fields, name));
    const picked = Object.fromEntries(there.map((name) => [name, fields[name]]));
    return this.#made(picked, this.#placesIn(fields, there));
  }

  /**
   * Lays `patch` over `base` as RFC 7396 (JSON Merge Patch) says: groups merge, null takes away. Of two
   * patches that are to become one, nulls stay.
   */
  merge(base: unknown, patch: unknown, nulls: "take away" | "stay" = "take away"): unknown {
    if (!isGroup(patch)) return patch;
    const merged: Record<string, unknown> = isGroup(base) ? { ...base } : {};
    const places = new Map(this.#placesIn(base, Object.keys(merged)));
    for (const [name, value] of Object.entries(patch)) {
      if (value === null && nulls === "take away") {
        delete merged[name];
        places.delete(name);
        continue;
      }
      const both = isGroup(merged[name]) && isGroup(value);
      merged[name] = this.merge(merged[name], value, nulls);
      if (!both) places.set(name, this.entry(patch, name));
    }
    return this.#made(merged, places);
  }

  /** Where what is at `path` of `value` stands; what is missing, in the nearest thing that would hold it. */
  locate(value: unknown, path: Path): Place {
    let current = value;
    let place: Place = { source: this.#main, path: [] };
    for (const part of path) {
      place = this.entry(current, part) ?? { ...place, path: [...place.path, part] };
      current =
        typeof current === "object" && current !== null ? Reflect.get(current, part) : undefined;
    }
    return place;
  }

  #placesIn(holder: unknown, names: readonly string[]): [string, Place | undefined][] {
    return names.map((name) => [name, this.entry(holder, name)]);
  }

  #made<Value extends object>(
    value: Value,
    places: Iterable<readonly [string, Place | undefined]>,
  ): Value {
    const known = new Map<string, Place>();
    for (const [name, place] of places) if (place) known.set(name, place);
    this.#places.set(value, known);
    return value;
  }
}
