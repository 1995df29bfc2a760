// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Diagnostic, ScenarioError } from "./diagnostics.ts";
import { readDocument } from "./document.ts";
import { listAt, listNames } from "./entries.ts";
import { type Fields, isGroup, type Provenance, type Source } from "./provenance.ts";

export interface IncludeOptions {
  /** Directory of the parts that are included by name. */
  readonly parts?: string | undefined;
  /** Reads a file; throws what `readFileSync` throws. */
  readonly read?: (file: string) => string;
}

/** A scenario file with what it includes laid under it, and the files that came together. */
export interface Composed {
  readonly value: unknown;
  /** The scenario's own file first. */
  readonly files: readonly string[];
}

/**
 * Lays a scenario over what its field `include` names, in that order: groups merge and the scenario's own fields
 * win; steps and checks of what is included come before its own. What several include is there once. `include: vntb` is a part that the
 * project brings, `include: ./my-board.yaml` a file beside the one that says so.
 */
export function includeParts(
  { value, source }: { value: unknown; source: Source },
  provenance: Provenance,
  options: IncludeOptions,
  within: readonly string[] = [],
  seen = new Set<string>(),
): Composed {
  provenance.adopt(value, source);
  const here = [...within, source.file];
  if (!isGroup(value) || value.include === undefined) return { value, files: [source.file] };
  const files = [source.file];
  const own = provenance.pick(
    value,
    Object.keys(value).filter((name) => name !== "include"),
  );
  const named: readonly unknown[] = Array.isArray(value.include) ? value.include : [value.include];
  const base = named.reduce((under: unknown, name, index) => {
    const path = Array.isArray(value.include) ? ["include", index] : ["include"];
    const fail = (message: string): never => {
      throw new ScenarioError([mistakeAt(source, path, message)]);
    };
    if (typeof name !== "string") return fail("expected a part's name or a file's path.");
    const file = fileOf(name, source.file, options);
    if (here.includes(file)) return fail(`${file} includes itself.`);
    if (seen.has(file)) return under;
    seen.add(file);
    const part = includeParts(
      readDocument(readPart(file, options, fail), file),
      provenance,
      options,
      here,
      seen,
    );
    files.push(...part.files);
    return layOver(under, part.value, provenance);
  }, {});
  return { value: layOver(base, own, provenance), files: [...new Set(files)] };
}

function fileOf(name: string, from: string, { parts }: IncludeOptions): string {
  const isPath = name.includes("/") || /\.ya?ml$/.test(name);
  return isPath || parts === undefined ? join(dirname(from), name) : join(parts, `${name}.yaml`);
}

function readPart(
  file: string,
  { read = (path) => readFileSync(path, "utf8") }: IncludeOptions,
  fail: (message: string) => never,
): string {
  try {
    return read(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return fail(`could not read ${file}: ${code === "ENOENT" ? "no such file" : String(error)}.`);
  }
}

function layOver(base: unknown, over: unknown, provenance: Provenance): unknown {
  if (!isGroup(base) || !isGroup(over)) return over;
  let result = provenance.merge(base, over) as Fields;
  // A variant is a patch itself: its nulls are for the scenario that it will be laid over.
  if (over.matrix !== undefined) {
    const matrix = provenance.merge(base.matrix, over.matrix, "stay");
    result = provenance.with(result, "matrix", matrix);
  }
  for (const list of listNames) {
    const both = [base, over].map((from) => listAt(from, list));
    if (both.some((entries) => entries.length === 0)) continue;
    const entries = both.flatMap((from) =>
      from.map((value, index) => ({ value, place: provenance.entry(from, index) })),
    );
    result = provenance.with(result, list, provenance.list(entries));
  }
  return result;
}

function mistakeAt(source: Source, path: readonly PropertyKey[], message: string): Diagnostic {
  const { line, column } = source.position?.(path, false) ?? { line: 0, column: 0 };
  return { file: source.file, line, column, where: "include", message };
}
