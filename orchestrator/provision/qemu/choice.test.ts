// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { pinnedQemu, qemuAnywhere, qemuIdentity, readQemuChoice } from "./choice.ts";

test("without a word it is the one that the project is made for", () => {
  expect(readQemuChoice(undefined, "/there")).toBe(pinnedQemu);
});

test("a suite by its short name, anything else is a path", () => {
  expect(readQemuChoice("debian:trixie", "/there")).toEqual({ kind: "debian", suite: "trixie" });
  const newer = { kind: "debian", suite: "trixie-backports" };
  expect(readQemuChoice("debian:backports", "/there")).toEqual(newer);
  expect(readQemuChoice("qemu/build", "/there")).toEqual({
    kind: "own",
    path: "/there/qemu/build",
  });
});

test("a suite that there is not is told with those that there are", () => {
  expect(() => readQemuChoice("debian:sid", "/there")).toThrow(
    /expected debian:trixie, debian:backports, a QEMU program or .*, got "debian:sid"/,
  );
});

test("words for another directory", () => {
  expect(qemuAnywhere("debian:backports", "/there")).toBe("debian:backports");
  expect(qemuAnywhere("../build", "/there/here")).toBe("/there/build");
});

test("each choice has an identity of its own", () => {
  const words = [undefined, "debian:backports", "/qemu", "/qemu/other"];
  const identities = words.map((word) => qemuIdentity(readQemuChoice(word, "/")));
  expect(new Set(identities).size).toBe(words.length);
});
