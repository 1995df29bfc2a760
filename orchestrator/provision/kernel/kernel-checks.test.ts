// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { baseFragment, debugFragment, fragmentFile } from "../../config-fragments.ts";
import { unseenBy } from "./kernel-checks.ts";

const settings = (...files: string[]) => files.map((file) => readFileSync(file, "utf8")).join("");

describe("what a kernel could not have seen", () => {
  test("is all that needs a symbol which is not set", () => {
    const sleeping = "sleeping in atomic context";
    expect(unseenBy("# CONFIG_DEBUG_ATOMIC_SLEEP is not set\n")).toContain(sleeping);
    expect(unseenBy("CONFIG_NTB=m\n")).toContain(sleeping);
    expect(unseenBy("CONFIG_DEBUG_ATOMIC_SLEEP=y\n")).not.toContain(sleeping);
    expect(unseenBy("CONFIG_DEBUG_ATOMIC_SLEEP=y\n")).toContain("leaks");
  });

  test("is less with the fragment of checks, and little on the debug kernel", () => {
    const base = unseenBy(settings(baseFragment));
    const checks = unseenBy(settings(baseFragment, fragmentFile("checks")));
    const debug = unseenBy(settings(baseFragment, debugFragment));
    expect(base).toContain("use after free and accesses out of bounds");
    expect(base.filter((what) => !checks.includes(what))).toEqual([
      "sleeping in atomic context",
      "a CPU's own data used without keeping to that CPU",
    ]);
    expect(debug).toEqual(["a CPU's own data used without keeping to that CPU"]);
  });
});
