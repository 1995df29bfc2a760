// SPDX-License-Identifier: MIT
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fingerprint, hasLocalTimes, madeFrom } from "./made-from.ts";

let root: string;
const at = (path: string) => join(root, path);
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "made-from-test-")));
  for (const path of [
    ...["Kconfig", "include/linux/a.h", "scripts/mod/modpost.c", "tools/lib/z.c", "tools/perf/p.c"],
    ...["arch/arm64/include/asm/q.h", "arch/arm64/tools/t", "arch/arm64/kernel/k.c"],
    ...["arch/x86/include/x.h", "net/ipv4/read.h", "drivers/usb/Kconfig", "drivers/usb/u.c"],
    ...["drivers/ntb/ntb.c", "drivers/ntb/unused.c", ".git/index", "drivers/ntb/.git/index"],
  ]) {
    write(`linux/${path}`);
  }
  write(
    "build/drivers/ntb/.ntb.o.cmd",
    `savedcmd_drivers/ntb/ntb.o := gcc -c\n\nsource_drivers/ntb/ntb.o := ../linux/drivers/ntb/ntb.c\n\ndeps_drivers/ntb/ntb.o := \\\n    $(wildcard include/config/A) \\\n  ${at("linux/net/ipv4/read.h")} \\\n  ../linux/include/linux/a.h \\\n  include/generated/g.h \\\n  ${at("outside.h")} \\\n`,
  );
  write("build/drivers/ntb/notes", "  tools/perf/p.c\n");
  write("build/include/config/auto.conf.cmd", "deps_config := \\\n\tdrivers/usb/Kconfig \\\n");
  write("build/arch/arm64/boot/Image");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text = "one\n"): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

const seen = () => madeFrom(at("linux"), at("build"));

describe("what a kernel was made from", () => {
  const directories = [
    ...["", "arch", "arch/arm64", "arch/arm64/include", "arch/arm64/include/asm"],
    ...["arch/arm64/tools", "drivers", "drivers/ntb", "include", "include/linux"],
    ...["scripts", "scripts/mod", "tools/lib"],
  ];
  const files = ["../outside.h", "drivers/usb/Kconfig", "net/ipv4/read.h"];

  test("is all of the directories that make was in, and of those used whole, and what else was read", () => {
    expect(seen()).toEqual({ directories, files });
  });

  test("is not what the build makes itself, by whichever name it is known", () => {
    renameSync(at("build"), at("elsewhere"));
    symlinkSync("elsewhere", at("build"));
    const own = ["build", "elsewhere", "build-not"].map((name) => `  ${at(name)}/x.h \\\n`);
    write("build/drivers/ntb/.own.o.cmd", `deps_drivers/ntb/own.o := \\\n${own.join("")}`);
    expect(seen().files).toEqual(["../build-not/x.h", ...files]);
  });

  test("is nothing but what all kernels are made from where nothing has been built", () => {
    mkdirSync(at("empty"));
    const { directories, files } = madeFrom(at("linux"), at("empty"));
    expect(files).toEqual([]);
    expect(directories).toContain("scripts/mod");
    expect(directories).not.toContain("drivers/ntb");
  });
});

describe("the fingerprint", () => {
  const print = (before?: bigint) => fingerprint(at("linux"), seen(), before);

  test.each<[string, () => void]>([
    ["a file was edited", () => write("linux/drivers/ntb/ntb.c", "two\n")],
    ["one of the same size and time was", () => rewriteUnseen("linux/drivers/ntb/ntb.c")],
    ["a file was touched", () => utimesSync(at("linux/include/linux/a.h"), 1, 1)],
    ["a file has another mode", () => chmodSync(at("linux/scripts/mod/modpost.c"), 0o755)],
    ["there is a new file", () => write("linux/arch/arm64/tools/new")],
    ["there is a new directory", () => mkdirSync(at("linux/include/new"))],
    ["a file has gone", () => rmSync(at("linux/tools/lib/z.c"))],
    ["one that was read by name has", () => rmSync(at("linux/net/ipv4/read.h"))],
    ["one outside was edited", () => write("outside.h", "two\n")],
    ["a Kconfig file was", () => write("linux/drivers/usb/Kconfig", "two\n")],
    ["a directory has gone", () => rmSync(at("linux/drivers/ntb"), { recursive: true })],
  ])("is another one where %s", (_what, change) => {
    write("outside.h");
    const of = seen();
    const before = fingerprint(at("linux"), of);
    expect(fingerprint(at("linux"), of)).toBe(before);
    change();
    expect(fingerprint(at("linux"), of)).not.toBe(before);
  });

  /** As `rsync --times` or `touch --reference` leave it. */
  function rewriteUnseen(path: string): void {
    utimesSync(at(path), 1, 1);
    const before = print();
    write(path, "six\n");
    utimesSync(at(path), 1, 1);
    expect(print()).not.toBe(before);
  }

  test("of a link is that of what it leads to, too", () => {
    symlinkSync("../../net/ipv4/read.h", at("linux/include/linux/link.h"));
    const before = print();
    write("linux/net/ipv4/read.h", "two\n");
    expect(print()).not.toBe(before);
    const edited = print();
    rmSync(at("linux/include/linux/link.h"));
    symlinkSync("a.h", at("linux/include/linux/link.h"));
    expect(print()).not.toBe(edited);
    // One that leads nowhere is none to stumble over.
    symlinkSync("nowhere", at("linux/include/linux/lost.h"));
    expect(print()).toBeDefined();
  });

  test("is the same whatever happens to what no build has looked at, and to the repository", () => {
    const before = print();
    for (const path of ["tools/perf/p.c", "drivers/usb/u.c", "arch/x86/include/x.h"]) {
      write(`linux/${path}`, "two\n");
    }
    write("linux/drivers/usb/new.c");
    for (const path of [".git/index", "drivers/ntb/.git/index"]) write(`linux/${path}`, "two\n");
    expect(print()).toBe(before);
    rmSync(at("linux/.git"), { recursive: true });
    write("linux/.git", "gitdir: elsewhere\n");
    expect(print()).toBe(before);
  });

  test("is none where something has changed since the build began", () => {
    const future = BigInt(Date.now() + 60_000) * 1_000_000n;
    expect(print(future)).toBe(print());
    expect(print(0n)).toBeUndefined();
  });
});

test("times of another machine's clock are not compared with this one's", async () => {
  expect(await hasLocalTimes("/proc")).toBe(false);
});
