// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import {
  describeDropped,
  findDropped,
  mergeWishes,
  parseFragment,
  renderWishes,
  underFormerNames,
} from "./kernel-config.ts";

const FRAGMENTS = resolve(import.meta.dirname, "../../../guest-images/kernel");

test("a fragment is settings, unset symbols and comments", () => {
  const wishes = parseFragment(
    "base.config",
    '# text\nCONFIG_A=y\n\n# CONFIG_B is not set\nCONFIG_C="x=1"\n',
  );
  expect(wishes).toStrictEqual([
    { symbol: "CONFIG_A", value: "y", origin: "base.config:2" },
    { symbol: "CONFIG_B", value: "n", origin: "base.config:4" },
    { symbol: "CONFIG_C", value: '"x=1"', origin: "base.config:5" },
  ]);
});

test("blanks around a setting, and another system's ends of lines, are no part of it", () => {
  expect(parseFragment("f", "  CONFIG_A=y \r\n\r\n# CONFIG_B is not set\r\n")).toMatchObject([
    { symbol: "CONFIG_A", value: "y" },
    { symbol: "CONFIG_B", value: "n" },
  ]);
});

test("anything else in a fragment is an error with its line", () => {
  expect(() => parseFragment("base.config", "CONFIG_A=y\nCONFIG_B y\n")).toThrow("base.config:2");
});

test("dropped symbols are named with what was asked for, where, and what came", () => {
  const wishes = parseFragment(
    "base.config",
    "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=y\n# CONFIG_D is not set\n",
  );
  const dropped = findDropped(
    wishes,
    "CONFIG_A=y\nCONFIG_B=y\n# CONFIG_C is not set\nCONFIG_D=y\n",
  );
  expect(describeDropped(dropped).split("\n")).toEqual([
    "CONFIG_B: asked for m (base.config:2), got y",
    "CONFIG_C: asked for y (base.config:3), got n",
    "CONFIG_D: asked for n (base.config:4), got y",
  ]);
});

test("a symbol that must be off may be missing from the final .config", () => {
  expect(findDropped(parseFragment("f", "# CONFIG_GONE is not set\n"), "CONFIG_A=y\n")).toEqual([]);
});

test("a symbol that older kernels set by another name is asked for by that, too", () => {
  const wishes = parseFragment("f", "CONFIG_SYSCTL=y\nCONFIG_A=y\n");
  const former = underFormerNames(findDropped(wishes, ""));
  expect(renderWishes(former)).toBe("CONFIG_PROC_SYSCTL=y\n");
});

test("what one can do without says what for it is there, up to the next comment or empty line", () => {
  const text =
    "CONFIG_A=y\n# Optional, for tests.\nCONFIG_B=m\n# CONFIG_C is not set\n\nCONFIG_D=y\n";
  const optional = parseFragment("f", text).map(({ optional }) => optional);
  expect(optional).toEqual([undefined, "tests", "tests", undefined]);
});

test("a later fragment overrides an earlier one", () => {
  const base = parseFragment("base", "CONFIG_A=y\nCONFIG_B=y\n");
  const debug = parseFragment("debug", "# CONFIG_A is not set\n");
  expect(renderWishes(mergeWishes([base, debug]))).toBe("# CONFIG_A is not set\nCONFIG_B=y\n");
});

test.each(readdirSync(FRAGMENTS).filter((name) => name.endsWith(".config")))(
  "%s asks for each symbol once",
  (name) => {
    const symbols = parseFragment(name, readFileSync(join(FRAGMENTS, name), "utf8")).map(
      ({ symbol }) => symbol,
    );
    expect(symbols.filter((symbol, index) => symbols.indexOf(symbol) !== index)).toEqual([]);
  },
);
