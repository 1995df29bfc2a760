// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UsageError } from "../../errors.ts";
import { crossPrefix, ensureHostTools, missingPackages, requiredPackages } from "./host-tools.ts";
import type { Task } from "./task.ts";

/** Stands before the machine's own programs, in a machine whose packages and rights the test says. */
let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "host-tools-test-"));
  vi.stubEnv("PATH", bin);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(bin, { recursive: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** A package database in which all required packages are but these. */
function installedBut(...absent: string[]): void {
  const lines = requiredPackages()
    .filter((name) => !absent.includes(name))
    .map((name) => `echo '${name}:amd64 installed'`);
  // What was removed and left its configuration behind is known, and not there.
  const all = [...lines, "echo 'bison config-files'", "exit 1"].join("\n");
  program("dpkg-query", `case "$*" in --show*Status*) ;; *) exit 2 ;; esac\n${all}`);
}

function task() {
  const ran: string[] = [];
  const seen: string[] = [];
  const fake = {
    markFound: () => seen.push("found"),
    say: (text: string) => seen.push(text),
    run: async (name: string, args: readonly string[]) => void ran.push([name, ...args].join(" ")),
  };
  return { task: fake as unknown as Task, ran, seen };
}

describe("packages that are missing", () => {
  test("are those that dpkg does not say are installed", async () => {
    installedBut("bison", "flex");
    expect(await missingPackages(["gcc", "bison", "flex"])).toEqual(["bison", "flex"]);
  });

  test("cannot be known without dpkg", async () => {
    await expect(missingPackages(["gcc"])).rejects.toThrow(UsageError);
  });

  test("are none: nothing is installed", async () => {
    installedBut();
    const { task: work, ran, seen } = task();
    await ensureHostTools(work);
    expect({ ran, seen }).toEqual({ ran: [], seen: ["found"] });
  });

  test("are installed by root", async () => {
    installedBut("flex");
    vi.spyOn(process, "getuid").mockReturnValue(0);
    const { task: work, ran } = task();
    await ensureHostTools(work);
    expect(ran).toEqual([
      "env DEBIAN_FRONTEND=noninteractive apt-get --quiet update",
      "env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=300 install flex",
    ]);
  });

  test("are installed by who can become root without a question", async () => {
    installedBut("flex");
    program("sudo", '[ "$*" = "--non-interactive true" ]');
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    const { task: work, ran } = task();
    await ensureHostTools(work);
    expect(ran[1]).toMatch(/^sudo --non-interactive env DEBIAN.* install flex$/);
  });

  test("are named in a command to paste, to who cannot", async () => {
    installedBut("flex", "bc");
    program("sudo", "exit 1");
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    const { task: work, ran } = task();
    const refused = ensureHostTools(work);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      "sudo apt-get install --yes --no-install-recommends bc flex",
    );
    expect(ran).toEqual([]);
  });
});

test("a cross compiler is needed where the machine is no 64-bit Arm", () => {
  expect(requiredPackages([], "x64")).toContain("gcc-aarch64-linux-gnu");
  expect(requiredPackages([], "arm64")).not.toContain("gcc-aarch64-linux-gnu");
  const prefixes = [crossPrefix("arm64", "x64"), crossPrefix("arm64", "arm64")];
  expect(prefixes).toEqual(["aarch64-linux-gnu-", ""]);
});

test("what a PC's kernel is compiled with is asked for where there is to be one", () => {
  expect(requiredPackages([], "x64")).not.toContain("libelf-dev");
  expect(requiredPackages(["x86-64"], "x64")).toContain("libelf-dev");
  expect(requiredPackages(["x86-64"], "x64")).not.toContain("gcc-x86-64-linux-gnu");
  expect(requiredPackages(["x86-64"], "arm64")).toContain("gcc-x86-64-linux-gnu");
  expect(crossPrefix("x86-64", "arm64")).toBe("x86_64-linux-gnu-");
});
