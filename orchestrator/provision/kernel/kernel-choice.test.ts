// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { type KernelChoice, pinnedKernel, sameChoice } from "./kernel-choice.ts";

const tree: KernelChoice = { ...pinnedKernel, source: { kind: "tree", directory: "/src/linux" } };

test("equal choices are the same kernel, however they were written down", () => {
  const { source, fragments, ...rest } = tree;
  expect(sameChoice(tree, { fragments: [...fragments], ...rest, source: { ...source } })).toBe(
    true,
  );
});

test.each<[string, KernelChoice]>([
  ["another directory", { ...tree, source: { kind: "tree", directory: "/src/other" } }],
  ["a series of that name", { ...tree, source: { kind: "debian", series: "/src/linux" } }],
  ["a debug kernel", { ...tree, debug: true }],
  ["a fragment more", { ...tree, fragments: ["/a.config"] }],
  ["patches", { ...tree, patches: "/a.mbox" }],
  ["another compiler", { ...tree, llvm: true }],
  ["another version of it", { ...tree, llvm: true, llvmVersion: "-19" }],
  ["other tools", { ...tree, crossCompile: "aarch64-none-linux-gnu-" }],
])("%s is another kernel", (_what, other) => {
  expect(sameChoice(tree, other)).toBe(false);
});
