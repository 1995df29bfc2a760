// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { baseFragment, debugFragment, fragmentFile, fragmentNames } from "./config-fragments.ts";
import { projectDirectory } from "./project.ts";
import { parseFragment } from "./provision/kernel/kernel-config.ts";

const read = (file: string) => parseFragment(file, readFileSync(file, "utf8"));

test("there are some, and neither what every kernel has nor the debug kernel is one", () => {
  expect(fragmentNames).toContain("nvme");
  expect(fragmentNames).not.toContain("base");
  expect(fragmentNames).not.toContain("debug");
});

test("two that are asked for together do not contradict each other, nor the debug kernel", () => {
  const files = [...fragmentNames.map(fragmentFile), debugFragment];
  const values = new Map<string, Set<string>>();
  for (const { symbol, value } of files.flatMap(read)) {
    values.set(symbol, (values.get(symbol) ?? new Set()).add(value));
  }
  expect([...values].filter(([, different]) => different.size > 1)).toEqual([]);
});

test("each changes something", () => {
  const base = new Map(read(baseFragment).map(({ symbol, value }) => [symbol, value]));
  for (const name of fragmentNames) {
    const same = read(fragmentFile(name)).filter(({ symbol, value }) => base.get(symbol) === value);
    expect(same.map(({ symbol }) => `${name}: ${symbol}`)).toEqual([]);
  }
});

test("docs/kernels.md says what each is for", () => {
  const page = readFileSync(join(projectDirectory, "docs/kernels.md"), "utf8");
  expect(fragmentNames.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
});
