// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listScenarios } from "./catalogue.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "catalogue-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each([
  ["title: a plain one, with mw2_offset=1 and a:b\n", "a plain one, with mw2_offset=1 and a:b"],
  ["title: behind it # a comment\n", "behind it"],
  ['title: "quoted: yes"\n', "quoted: yes"],
  ["title: begins here\n  and goes on\nname: x\n", "begins here and goes on"],
  ["title: >\n  folded\n  text\n", "folded text"],
  ["name: x\n", "(no title)"],
  ["title: a: b: c\n", "(not valid YAML)"],
])("of %j the title is %j", (text, title) => {
  writeFileSync(join(directory, "x.yaml"), text);
  const rest = { file: join(directory, "x.yaml"), configFragments: [], patches: [] };
  expect(listScenarios(directory)).toEqual([{ name: "x", title, ...rest }]);
});

test("patches on its kernel are known of one that has them, and have no say in its title", () => {
  writeFileSync(join(directory, "x.yaml"), "title: a plain one\npatches: [epf-stale-bound]\n");
  expect(listScenarios(directory)).toMatchObject([
    { title: "a plain one", configFragments: [], patches: ["epf-stale-bound"] },
  ]);
});

test.each(["config-fragments: [nvme, other]", '"config-fragments":\n- nvme\n- other'])(
  "what its kernel has beyond others is known of %j",
  (fragments) => {
    writeFileSync(join(directory, "x.yaml"), `title: a plain one\n${fragments}\n`);
    const [entry] = listScenarios(directory);
    expect(entry).toMatchObject({ title: "a plain one", configFragments: ["nvme", "other"] });
  },
);
