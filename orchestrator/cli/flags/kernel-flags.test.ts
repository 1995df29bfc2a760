// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { pinnedKernels } from "../../provision/kernel/kernel-choice.ts";
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

test("without flags both guests have the kernel that this project is made for", () => {
  expect(choices([])).toEqual(pinnedKernels);
});

test("a flag of one guest goes before the flag of both", () => {
  const { host, endpoint } = choices(["--kernel", "linux", "--kernel-endpoint", "debian:6.12"]);
  expect(host.source).toEqual({ kind: "tree", directory: join(directory, "linux") });
  expect(endpoint.source).toEqual({ kind: "debian", series: "6.12" });
});

test("everything else holds for both", () => {
  const args = [
    "--config-fragment",
    "a",
    "--config-fragment",
    "/dev/null",
    "--patches",
    "series.mbox",
  ];
  const { host, endpoint } = choices([...args, "--debug-kernel"], {
    LLVM: "1",
    CROSS_COMPILE: "x-",
  });
  expect(host).toEqual({
    source: { kind: "debian", series: "pinned" },
    debug: true,
    fragments: [join(directory, "a"), "/dev/null"],
    patches: join(directory, "series.mbox"),
    llvm: "1",
    crossCompile: "x-",
  });
  expect(endpoint).toEqual(host);
});

test("one of the project's fragments goes by its name, once and first; a file of that name by its path", () => {
  const fragments = ["a", "nvme", "./nvme", "nvme"].flatMap((word) => ["--config-fragment", word]);
  const files = [join(directory, "a"), join(directory, "nvme")];
  expect(choices(fragments).host.fragments).toEqual(["nvme", ...files]);
  const words = kernelWords(read(fragments), directory);
  expect(kernelChoices(read(words), { directory: "/", env: {} })).toEqual(choices(fragments));
});

test.each([
  ["1", "1"],
  ["yes", "1"],
  ["-19", "-19"],
  ["/opt/llvm/bin/", "/opt/llvm/bin/"],
  ["0", undefined],
  ["", undefined],
])("LLVM=%s is as for make", (value, expected) => {
  expect(choices([], { LLVM: value }).host).toEqual({ ...pinnedKernels.host, llvm: expected });
});

test.each(["20251231.1@mail.example", "<20251231.1@mail.example>"])("%s is a message id", (id) => {
  expect(choices(["--patches", id]).host.patches).toBe(id);
});

test.each([
  [["--kernel", "linxu"], "no directory"],
  [["--kernel-host", "series.mbox"], "--kernel-host: expected the directory"],
  [["--kernel", "debian:latest"], 'got "debian:latest"'],
  [["--patches", "serie.mbox"], "--patches: expected a mailbox"],
  [["--config-fragment", "nvm"], 'Did you mean "nvme"?'],
  [["--config-fragment", "nvm"], "there is no file"],
  [["--config-fragment", "debug"], "The debug kernel is --debug-kernel."],
])("%s is told", (args, told) => {
  expect(() => choices(args)).toThrow(UsageError);
  expect(() => choices(args)).toThrow(told);
});

test("the words for doing it again have full paths and mean the same", () => {
  const args = ["--kernel", "linux", "--kernel-host", "debian:newest", "--debug-kernel"];
  const words = kernelWords(read(args), directory);
  expect(words).toContain(join(directory, "linux"));
  expect(kernelChoices(read(words), { directory: "/", env: {} })).toEqual(choices(args));
});
