// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseFlags } from "./flags.ts";
import { kernelChoices, kernelFlags, kernelWords } from "./kernel-flags.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kernel-flags-"));
  mkdirSync(join(directory, "linux"));
  for (const file of ["series.mbox", "a", "nvme"]) writeFileSync(join(directory, file), "");
});
afterEach(() => rmSync(directory, { recursive: true }));

const read = (args: string[]) => parseFlags(args, kernelFlags).values;
const choices = (args: string[], env: Record<string, string> = {}) =>
  kernelChoices(read(args), { directory, env });

test("one of the project's fragments goes by its name, once and first; a file of that name by its path", () => {
  const fragments = ["a", "nvme", "./nvme", "nvme"].flatMap((word) => ["--config-fragment", word]);
  const files = [join(directory, "a"), join(directory, "nvme")];
  expect(choices(fragments).host.fragments).toEqual(["nvme", ...files]);
  const words = kernelWords(read(fragments), directory);
  expect(kernelChoices(read(words), { directory: "/", env: {} })).toEqual(choices(fragments));
});

test("the words for doing it again have full paths and mean the same", () => {
  const args = ["--kernel", "linux", "--kernel-host", "debian:newest", "--debug-kernel"];
  const words = kernelWords(read(args), directory);
  expect(words).toContain(join(directory, "linux"));
  expect(kernelChoices(read(words), { directory: "/", env: {} })).toEqual(choices(args));
});
