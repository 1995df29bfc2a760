// SPDX-License-Identifier: MIT
import * as z from "zod";

export type Combination = Readonly<Record<string, unknown>>;

const listSchema = z.array(z.unknown());
const includeSchema = z.array(z.record(z.string(), z.unknown()));

/**
 * The combinations of a job's matrix, whose expressions have been evaluated. An entry of `include` is laid over each
 * combination of which it changes no value of the matrix's own; one that fits none is a combination by itself.
 * (docs.github.com: "Running variations of jobs in a workflow")
 */
export function combinations(matrix: Readonly<Record<string, unknown>>): Combination[] {
  const { include = [], ...dimensions } = matrix;
  if ("exclude" in dimensions) throw new Error("a rehearsal does not know what exclude means");
  const names = Object.keys(dimensions);
  let all: Combination[] = names.length === 0 ? [] : [{}];
  for (const name of names) {
    const values = listSchema.parse(dimensions[name]);
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  const original = [...all];
  for (const extra of includeSchema.parse(include)) {
    const fits = (one: Combination) =>
      names.every((name) => !(name in extra) || extra[name] === one[name]);
    if (!original.some(fits)) all.push(extra);
    else
      all = all.map((one, at) =>
        at < original.length && fits(original[at] ?? {}) ? { ...one, ...extra } : one,
      );
  }
  return all;
}

/** A combination as job pages name it: `pinned, 1`. */
export function nameOf(combination: Combination): string {
  return Object.values(combination).map(String).join(", ");
}
