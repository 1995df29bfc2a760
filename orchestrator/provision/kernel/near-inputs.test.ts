// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { nearInputs } from "./kernel.ts";
import type { KernelInputs } from "./kernel-build.ts";

const part = (name: string, given: boolean, extra: boolean) => ({ name, text: "", given, extra });
const base = part("base", false, false);
const debug = part("debug", false, false);
const nvme = part("nvme", false, true);
const mine = part("mine", true, true);

const compilers = {} as KernelInputs["compilers"];
const tree = (name: string, near: string[] = []) => ({
  ...{ directory: name, origin: name, fixed: [name], strict: true },
  near: near.map((other) => ({ directory: other, origin: other, fixed: [other], strict: true })),
});

/** The builds that one may begin from, the nearest first: tree and settings. */
const near = (source: KernelInputs["source"], ...fragments: KernelInputs["fragments"]) =>
  nearInputs({ source, fragments, compilers }).map(
    (one) => `${one.source.directory}: ${one.fragments.map(({ name }) => name).join(" ")}`,
  );

test("a kernel of the project's begins from the one with less, and a debug kernel from no other kind", () => {
  expect(near(tree("a"), base)).toEqual([]);
  expect(near(tree("a"), base, debug)).toEqual([]);
  expect(near(tree("a"), base, nvme)).toEqual(["a: base"]);
  expect(near(tree("a"), base, nvme, debug)).toEqual(["a: base debug"]);
});

test("a person's settings are left away first", () => {
  expect(near(tree("a"), base, mine)).toEqual(["a: base"]);
  expect(near(tree("a"), base, nvme, mine)).toEqual(["a: base nvme", "a: base"]);
});

test("the same settings in another tree are nearer than others in this one", () => {
  expect(near(tree("a", ["b"]), base)).toEqual(["b: base"]);
  expect(near(tree("a", ["b"]), base, nvme)).toEqual(["b: base nvme", "a: base", "b: base"]);
});
