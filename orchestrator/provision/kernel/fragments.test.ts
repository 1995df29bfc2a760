// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { baseFragment } from "../../config-fragments.ts";
import { UsageError } from "../../errors.ts";
import { readFragments } from "./fragments.ts";

test("the project's own settings come first, then others in the order in which they win", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fragments-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string) => {
    const file = join(directory, name);
    writeFileSync(file, text);
    return file;
  };
  const mine = write("mine.config", "CONFIG_A=y\n");
  const own = write("own.config", "anything at all\n");
  const read = await readFragments([
    { file: own, given: false, extra: true },
    { file: mine, given: true, extra: false },
  ]);
  expect(read).toEqual([
    ...[
      { name: "base.config", text: readFileSync(baseFragment, "utf8"), given: false, extra: false },
    ],
    { name: "own.config", text: "anything at all\n", given: false, extra: true },
    { name: "mine.config", text: "CONFIG_A=y\n", given: true, extra: false },
  ]);
  // What a person gave is looked at here, for only they can change it.
  for (const file of [own, join(directory, "none.config")]) {
    const refused = readFragments([{ file, given: true, extra: false }]);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(/^--config-fragment: .*(own|none)\.config/);
  }
});
