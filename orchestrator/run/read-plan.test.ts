// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { UsageError } from "../errors.ts";
import { ScenarioError } from "../scenario/diagnostics.ts";
import { readPlan, vocabulary } from "./read-plan.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "read-plan-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const check = "{ id: c, title: c, check: console-clean }";

function write(steps: string, checks = check): string {
  const file = join(directory, "mine.yaml");
  writeFileSync(
    file,
    `name: mine\ntitle: x\ninclude: vntb\nsteps: [${steps}]\nchecks: [${checks}]\n`,
  );
  return file;
}

/** Why a file is no plan. */
function refusal(file: string): UsageError {
  try {
    readPlan(file);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("it is one");
}

test("what is wrong in a scenario is told as a person has named it, and is theirs to change", () => {
  const error = refusal(write("{ do: pign }"));
  expect(error.exitStatus).toBe(2);
  expect(error.message).toMatch(/^\S*mine\.yaml:4:15: steps\[0\]\.do: unknown kind "pign"/);
  expect(error.cause).toBeInstanceOf(ScenarioError);
  // Who calls from where the file is need not read where that is.
  vi.stubEnv("INIT_CWD", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(refusal(join(directory, "mine.yaml")).message).toMatch(/^mine\.yaml:4:15: /);
  expect(readPlan(write("{ do: link }")).file).toBe("mine.yaml");
});

test("of a matrix those variants are run that somebody wants, in the scenario's order", () => {
  const file = write("{ do: link }");
  const matrix = "matrix: { one: { title: x }, two: { title: x }, three: { title: x } }\n";
  writeFileSync(join(directory, "many.yaml"), readFileSync(file, "utf8") + matrix);
  const planOf = (...variants: string[]) => {
    const plan = readPlan(join(directory, "many.yaml"), { variants });
    return [plan.variants.map(({ variant }) => variant), plan.leftOut];
  };
  expect(planOf("two")).toEqual([["two"], ["one", "three"]]);
  expect(planOf("three", "one", "three")).toEqual([["one", "three"], ["two"]]);
  expect(planOf("one", "two", "three")).toEqual([["one", "two", "three"], undefined]);
  expect(readPlan(join(directory, "many.yaml"))).not.toHaveProperty("leftOut");
  expect(() => planOf("thre")).toThrow(
    'mine has no variant "thre"; its variants: one, two, three. Did you mean "three"?',
  );
  expect(() => planOf("")).toThrow('mine has no variant ""; its variants: one, two, three.');
  expect(() => readPlan(file, { variants: ["x"] })).toThrow(
    /^mine has no variant "x"; its variants: none\.$/,
  );
});

test("a file that is not there is told with its name", () => {
  const file = join(directory, "none.yaml");
  const error = refusal(file);
  expect(error.message).toMatch(new RegExp(`^could not read ${file}: ENOENT`));
  expect(error.cause).toMatchObject({ code: "ENOENT" });
});

test("files that steps bring are among the plan's own, each once", () => {
  writeFileSync(join(directory, "tool.c"), "");
  const bring = "{ do: bring, on: host, file: tool.c }";
  const plan = readPlan(write(`{ do: link }, ${bring}, ${bring.replace("host", "endpoint")}`));
  const without = readPlan(write("{ do: link }")).files;
  expect(without).toContain(join(directory, "mine.yaml"));
  expect(plan.files).toEqual([...without, join(directory, "tool.c")]);
});

test("one that is not there, or not by a path from the scenario's, is told with its step", () => {
  for (const given of ["none.c", join(directory, "mine.yaml")]) {
    const error = refusal(write(`{ do: bring, as: it, on: host, file: ${given} }`));
    expect(error.message).toContain(
      `mine.yaml: the step "it" brings ${given}: there is no such file by a path from the scenario's`,
    );
  }
});

test("kinds that nobody knows load, need and name nothing", () => {
  const { topology } = readPlan(write("{ do: link }")).variants[0] ?? {};
  if (!topology) throw new Error("no variant");
  expect(vocabulary.functions("pign", {}, topology)).toEqual([]);
  expect(vocabulary.programs("pign")).toEqual([]);
  expect(vocabulary.references("pign", {})).toEqual([]);
  expect(vocabulary.programs("fio")).toEqual(["fio"]);
  expect(vocabulary.references("ping-loss", { of: "p" })).toHaveLength(1);
});
