// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../../errors.ts";
import {
  type KernelFlagValues,
  kernelFlags,
  pinnedKernel,
  pinnedKernels,
  readChoices,
} from "../kernel-choice.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "read-choices-"));
  mkdirSync(join(directory, "linux"));
  for (const file of ["series.mbox", "a", "nvme"]) writeFileSync(join(directory, file), "");
});
afterEach(() => rmSync(directory, { recursive: true }));

const choices = (values: KernelFlagValues, env: Record<string, string> = {}) =>
  readChoices(values, { directory, env });

test("where nothing is said both guests have the kernel that this project is made for", () => {
  expect(choices({})).toEqual(pinnedKernels);
});

test("a flag of one guest goes before the flag of both", () => {
  const { host, endpoint } = choices({ kernel: "linux", "kernel-endpoint": "debian:6.12" });
  expect(host.source).toEqual({ kind: "tree", directory: join(directory, "linux") });
  expect(endpoint.source).toEqual({ kind: "debian", series: "6.12" });
});

test.each(["newest", "pinned", "6.1", "6.12"])("debian:%s is one of Debian's", (series) => {
  expect(choices({ kernel: `debian:${series}` }).host.source).toEqual({ kind: "debian", series });
});

test("everything else holds for both", () => {
  const { host, endpoint } = choices(
    { "config-fragment": ["a", "/dev/null"], patches: "series.mbox", "debug-kernel": true },
    { LLVM: "1", CROSS_COMPILE: "x-" },
  );
  expect(host).toEqual({
    ...{ source: { kind: "debian", series: "pinned" }, debug: true },
    upstreamPatches: [],
    fragments: [join(directory, "a"), "/dev/null"],
    ...{ patches: join(directory, "series.mbox"), llvm: "1", crossCompile: "x-" },
  });
  expect(endpoint).toEqual(host);
});

test("one of the project's fragments goes by its name, once and first; a file of that name by its path", () => {
  const { host } = choices({ "config-fragment": ["a", "nvme", "./nvme", "nvme", "aer"] });
  const files = [join(directory, "a"), join(directory, "nvme")];
  expect(host.fragments).toEqual(["aer", "nvme", ...files]);
});

test("a word means the same from anywhere once it has been made so", () => {
  const same = (flag: keyof typeof kernelFlags, word: string) => {
    const { anywhere } = kernelFlags[flag] as { anywhere: (word: string, from: string) => string };
    return anywhere(word, directory);
  };
  expect(same("kernel", "linux")).toBe(join(directory, "linux"));
  expect(same("kernel", "debian:6.12")).toBe("debian:6.12");
  expect(same("config-fragment", "nvme")).toBe("nvme");
  expect(same("config-fragment", "a")).toBe(join(directory, "a"));
  expect(same("patches", "a@b.example")).toBe("a@b.example");
});

test.each([
  ["1", "1"],
  ["yes", "1"],
  ["-19", "-19"],
  ["/opt/llvm/bin/", "/opt/llvm/bin/"],
  ["0", undefined],
  ["", undefined],
])("LLVM=%s is as for make", (value, expected) => {
  expect(choices({}, { LLVM: value }).host).toEqual({ ...pinnedKernel, llvm: expected });
});

test("an empty CROSS_COMPILE is none", () => {
  expect(choices({}, { CROSS_COMPILE: "" })).toEqual(pinnedKernels);
});

test.each([
  "20251231.1@mail.example",
  "<20251231.1@mail.example>",
  "https://lore.kernel.org/r/20251231.1@mail.example/",
])("%s is a message id", (id) => {
  expect(choices({ patches: id }).host.patches).toBe(id);
});

test.each<[KernelFlagValues, string]>([
  [{ kernel: "linxu" }, "--kernel: expected the directory"],
  [{ kernel: "linxu" }, "there is no directory"],
  [{ "kernel-host": "series.mbox" }, "--kernel-host: expected the directory"],
  [{ kernel: "debian:latest" }, 'got "debian:latest"'],
  [{ kernel: "debian:6" }, "or a series such as debian:6.12"],
  [{ patches: "serie.mbox" }, "--patches: expected a mailbox"],
  [{ "config-fragment": ["nvm"] }, 'Did you mean "nvme"?'],
  [{ "config-fragment": ["nvm"] }, "there is no file"],
  [{ "config-fragment": ["debug"] }, "The debug kernel is --debug-kernel."],
])("%j is told: %s", (values, told) => {
  expect(() => choices(values)).toThrow(UsageError);
  expect(() => choices(values)).toThrow(told);
});

test("the debug kernel is spoken of to nobody else", () => {
  expect(() => choices({ "config-fragment": ["nvm"] })).not.toThrow("--debug-kernel");
});
