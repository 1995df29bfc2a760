// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellLine, shellScript } from "./shell-line.ts";

const args = [
  "-machine",
  "virt,gic-version=3",
  "-nographic",
  "-append",
  "console=ttyAMA0 a='b' $HOME",
  "-device",
  "x",
  "positional",
];

/** Has a shell run it, with a program in QEMU's place that prints what it is given. */
function words(script: string): string[] {
  return execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\n").slice(0, -1);
}

test("a shell gives the program the very same words", () => {
  const print = ["-c", 'for word; do echo "$word"; done', "sh"];
  expect(words(shellLine("/bin/sh", [...print, ...args]))).toEqual(args);
  expect(words(shellScript({}, "/bin/sh", [...print, ...args]))).toEqual(args);
});

test("a script has a line for each option with its value, and the environment before them", () => {
  const script = shellScript({ MODULE_DIR: "/a b" }, "qemu", args);
  expect(script.split("\n").slice(0, 5)).toEqual([
    "#!/bin/sh",
    String.raw`MODULE_DIR='/a b' \ `.trimEnd(),
    String.raw`qemu \ `.trimEnd(),
    String.raw`    -machine virt,gic-version=3 \ `.trimEnd(),
    String.raw`    -nographic \ `.trimEnd(),
  ]);
  expect(words(shellScript({ SAID: "it is $0" }, "/bin/sh", ["-c", 'echo "$SAID"']))).toEqual([
    "it is $0",
  ]);
});

test("a word that no option stands before has a line of its own", () => {
  const script = shellScript({}, "qemu", ["disk", "image", "-m", "1G"]);
  expect(
    script
      .split("\n")
      .slice(1, -1)
      .map((line) => line.replace(/ \\$/, "")),
  ).toEqual([...["qemu", "    disk", "    image", "    -m 1G"]]);
});
