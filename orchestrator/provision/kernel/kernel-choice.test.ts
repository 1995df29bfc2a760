// SPDX-License-Identifier: MIT
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { fragmentNames } from "../../config-fragments.ts";
import {
  choiceFields,
  type KernelChoice,
  kernelFlags,
  kernelVariables,
  ownKernels,
  pinnedKernel,
  placesOf,
  recipeOf,
  sameChoice,
  timeScaleOf,
  wishesIdentity,
  withWishes,
} from "./kernel-choice.ts";

const tree: KernelChoice = { ...pinnedKernel, source: { kind: "tree", directory: "/src/linux" } };

/** A choice that differs from `tree` in this field alone. */
const others: { readonly [Field in keyof KernelChoice]: readonly KernelChoice[Field][] } = {
  source: [
    { kind: "tree", directory: "/src/other" },
    { kind: "debian", series: "/src/linux" },
  ],
  debug: [true],
  fragments: [["nvme"], ["/a.config"], ["/a.config", "/b.config"], ["/b.config", "/a.config"]],
  upstreamPatches: [["a"], ["a", "b"], ["b", "a"]],
  patches: ["/a.mbox", "a@b.example"],
  llvm: ["1", "-19"],
  crossCompile: ["aarch64-none-linux-gnu-"],
  architecture: ["x86-64"],
};

describe("two choices", () => {
  test("that are equal are the same kernel, however they were written down", () => {
    const { source, ...rest } = tree;
    const again = { ...rest, source: { directory: "/src/linux", kind: "tree" as const } };
    expect(sameChoice(tree, { source, ...rest, fragments: [] })).toBe(true);
    expect(sameChoice(tree, again)).toBe(true);
  });

  test.each(choiceFields.flatMap((field) => others[field].map((value) => [field, value] as const)))(
    "are not the same kernel with another %s: %j",
    (field, value) => {
      expect(sameChoice(tree, { ...tree, [field]: value })).toBe(false);
    },
  );
});

describe("what a kernel is built from", () => {
  test("is what all fields say together; a person's settings come behind the project's", () => {
    const all: KernelChoice = {
      ...tree,
      ...{ debug: true, fragments: ["nvme", "/a.config", "/b.config"], patches: "/a.mbox" },
      ...{ llvm: "-19", crossCompile: "x-", upstreamPatches: ["epf-stale-bound"] },
    };
    const { fragments, ownPatches, ...rest } = recipeOf(all);
    expect(ownPatches).toEqual([
      expect.stringMatching(/\/docs\/upstream\/epf-stale-bound\.patch$/),
    ]);
    expect(rest).toEqual({
      ...{ source: tree.source, patches: "/a.mbox" },
      toolchain: { llvm: "-19", crossCompile: "x-" },
    });
    expect(fragments.map(({ file, given, extra }) => [basename(file), given, extra])).toEqual([
      ["nvme.config", false, true],
      ["debug.config", false, false],
      ["a.config", true, true],
      ["b.config", true, true],
    ]);
  });

  test("of the project's own kernel is nothing but its source", () => {
    expect(recipeOf(pinnedKernel)).toStrictEqual({
      ...{ source: pinnedKernel.source, ownPatches: [], patches: undefined },
      ...{ fragments: [], toolchain: {} },
    });
  });
});

test("the cache keeps the project's own kernel, its debug kernel, and those with one of its fragments", () => {
  expect(ownKernels()).toEqual([
    pinnedKernel,
    ...fragmentNames.map((name) => ({ ...pinnedKernel, fragments: [name] })),
    { ...pinnedKernel, debug: true },
  ]);
});

const wishes = (configFragments: string[], patches: string[] = []) => ({
  ...{ configFragments, patches },
  hostArchitecture: "arm64" as const,
});

test("a host that is a PC has a kernel of its own kind, and the endpoint keeps its own", () => {
  const asked = { ...wishes(["nvme"]), hostArchitecture: "x86-64" as const };
  const { host, endpoint } = withWishes({ host: tree, endpoint: tree }, asked);
  expect(sameChoice(host, endpoint)).toBe(false);
  const { fragments, toolchain } = recipeOf(host);
  expect(fragments.map(({ file }) => basename(file))).toEqual(["nvme.config", "x86-64.config"]);
  // No build of one that has not got it is near this one.
  expect(fragments[1]).toMatchObject({ given: false, extra: false });
  expect(toolchain).toEqual({ architecture: "x86-64" });
  expect(recipeOf(endpoint).toolchain).toEqual({});
  expect(recipeOf({ ...pinnedKernel, architecture: "arm64" }).fragments).toEqual([]);
});

describe("fragments that a scenario asks for", () => {
  const mine = { ...tree, fragments: ["/b.config", "/a.config"] };

  test("are both guests', and come before a person's own files, whose order stays", () => {
    expect(withWishes({ host: mine, endpoint: pinnedKernel }, wishes(["nvme"]))).toEqual({
      host: { ...mine, fragments: ["nvme", "/b.config", "/a.config"] },
      endpoint: { ...pinnedKernel, fragments: ["nvme"] },
    });
  });

  test("are the same kernel in any order, asked for once or twice", () => {
    const asked = (names: string[], also: string[]) =>
      withWishes({ host: { ...tree, fragments: also }, endpoint: tree }, wishes(names)).host;
    expect(sameChoice(asked(["x", "nvme"], []), asked(["nvme"], ["x"]))).toBe(true);
    expect(sameChoice(asked(["nvme"], ["nvme"]), asked(["nvme"], []))).toBe(true);
  });
});

describe("patches that a scenario asks for", () => {
  const asked = (names: string[], also: string[] = []) =>
    withWishes({ host: { ...tree, upstreamPatches: also }, endpoint: tree }, wishes([], names));

  test("are on both guests' source, in their order, below a person's", () => {
    const { host, endpoint } = asked(["b", "a"]);
    expect([host.upstreamPatches, endpoint.upstreamPatches]).toEqual([
      ["b", "a"],
      ["b", "a"],
    ]);
    expect(wishesIdentity(wishes([], ["b", "a"]))).not.toBe(wishesIdentity(wishes([], ["b"])));
  });

  test("are there once, also where a bundle has brought them", () => {
    expect(asked(["a", "b"], ["a", "b"]).host.upstreamPatches).toEqual(["a", "b"]);
  });
});

test("the places of a choice are what names this machine", () => {
  const choice = { ...tree, fragments: ["nvme", "/me/a.config"], patches: "/me/mail/a.mbox" };
  expect(placesOf(choice)).toEqual([
    { own: "/src/linux", alias: "TREE" },
    { own: "/me", alias: "PATCHES" },
    { own: "/me/mail", alias: "PATCHES" },
  ]);
  expect(placesOf({ ...pinnedKernel, patches: "a@b.example" })).toEqual([]);
  expect(placesOf(pinnedKernel)).toEqual([]);
});

test("time limits are as long as the slower of both kernels needs", () => {
  const slow = { ...pinnedKernel, debug: true };
  expect(timeScaleOf({ host: pinnedKernel, endpoint: pinnedKernel })).toBe(1);
  expect(timeScaleOf({ host: pinnedKernel, endpoint: slow })).toBe(3);
});

test("every field is chosen by some flag or environment variable, with its help", () => {
  expect(Object.keys(kernelFlags)).toEqual([
    ...["kernel", "kernel-host", "kernel-endpoint"],
    ...["config-fragment", "patches", "debug-kernel"],
  ]);
  expect(kernelVariables).toEqual(["LLVM", "CROSS_COMPILE"]);
});
