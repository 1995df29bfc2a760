// SPDX-License-Identifier: MIT
//
// A guest from the choice of its kernel to its image: a working tree of a few files, built by make, and packages made for the
// test. What comes of real ones is for the runs with VMs.
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UnmetNeedsError, UsageError } from "../errors.ts";
import { compilersFor, findGuest, type GuestSources, lookForKernel, makeGuest } from "./guest.ts";
import { type KernelChoice, recipeOf } from "./kernel/kernel-choice.ts";
import { ofLab } from "./kernel/kernel-needs.ts";
import type { PlayedLinux } from "./kernel/testing/played-linux.ts";
import { ifThere } from "./looking.ts";
import type { Provisioning } from "./provisioning.ts";
import { file, PlayedGuest, guestSources as sources } from "./testing/played-guest.ts";

let played: PlayedGuest;
let linux: PlayedLinux;
let provisioning: Provisioning;
let choice: KernelChoice;

beforeEach(() => {
  played = new PlayedGuest(realpathSync(mkdtempSync(join(tmpdir(), "guest-test-"))));
  ({ linux, provisioning, choice } = played);
});
afterEach(() => rmSync(linux.root, { recursive: true }));

async function made(of = sources(), kernel = choice) {
  const compilers = await compilersFor(provisioning, recipeOf(kernel).toolchain);
  return makeGuest(provisioning, await lookForKernel(provisioning, kernel, compilers), of);
}

test("a working tree is built by the compilers that were chosen, and all that a run needs of it is there", async () => {
  const guest = await made();
  expect(guest.kernel).toMatchObject({
    ...{ release: "7.3.4", compiler: "gnu gcc 1", origin: `7.0.0 in ${linux.directory}` },
  });
  expect(guest.facts).toMatchObject({ features: [], tests: [], source: linux.directory });
  expect(readFileSync(guest.facts.decodeScript ?? "", "utf8")).toBe("#!/bin/sh\n");
  expect(existsSync(`${guest.decodingPrefix}addr2line`)).toBe(true);
  expect(existsSync(join(guest.debug.modules, "thing.ko"))).toBe(true);
  expect(existsSync(join(guest.debugModules, "edma_test.ko"))).toBe(true);
  // The tree's own, ours, and what is built in, as lsmod writes them.
  expect(guest.modules).toEqual(["built_in", "edma_test", "thing"]);
  expect(readFileSync(guest.initrd).includes("updates/edma_test.ko")).toBe(true);
  expect(guest.superseded).toEqual([]);
  // Another kernel than the project's own says what it cannot have.
  expect(guest.lacks.map(({ name }) => name)).toEqual(["pci_endpoint", "ntb/ntb_test.sh"]);
});

test("one whose tree has a better transport has none of ours; what does not build is told", async () => {
  linux.write("linux/drivers/ntb/ntb_transport.c", "use_remote_edma\n");
  const guest = await made(
    sources([
      ...[file("edma_test/main.c", "BROKEN\n"), file("ntb_client/main.c", "client\n")],
      file("ntb_transport/main.c", "transport\n"),
    ]),
  );
  expect(guest.modules).toEqual(["built_in", "ntb_client", "thing"]);
  expect(guest.superseded).toEqual([
    {
      name: "ntb_transport",
      reason: "the kernel's tree has a transport of its own (drivers/ntb/ntb_transport.c)",
    },
  ]);
  expect(guest.lacks).toContainEqual({
    name: ofLab("edma_test"),
    reason: expect.stringContaining("it does not build for this kernel: no such thing"),
  });
});

describe("what is there", () => {
  test("is found without anything being made; an edited module is told as what lacks", async () => {
    const guest = await made();
    played.begun();
    const compilers = await compilersFor(provisioning, recipeOf(choice).toolchain);
    const look = (of: GuestSources, lacking: (title: string) => void) =>
      ifThere(
        provisioning,
        async (looking) => makeGuest(looking, await lookForKernel(looking, choice, compilers), of),
        { lacking },
      );
    // A working tree always goes through make: that is work.
    const lacks: string[] = [];
    expect(await look(sources(), (title) => lacks.push(title))).toBeUndefined();
    expect(lacks).toEqual(["Make this machine ready to build"]);
    expect(played.begun()).toEqual([]);
    expect(await findGuest(provisioning, choice, sources())).toBeUndefined();
    // Made again, it is the same, and nothing is compiled but what make looks at.
    expect(await made()).toEqual(guest);
    expect(played.begun()).toEqual([expect.stringMatching(/^Build the guests' kernel/)]);
  });

  test("of Debian's kernel is asked for by its version, and is all there once it has been made", async () => {
    const { debian } = played;
    const find = async (of: GuestSources, lacks: string[] = []) => {
      const found = await findGuest(provisioning, debian, of, (title) => lacks.push(title));
      return found ?? lacks;
    };
    // Nobody has looked up its version yet.
    expect(await find(sources())).toEqual(["Build the guests' kernel"]);
    const guest = await made(sources(), debian);
    expect(guest.kernel.origin).toBe("Debian 1");
    // The kernel that the project is made for lacks nothing, or it would not have been built.
    expect(guest.lacks).toEqual([]);
    expect(played.fetched).toEqual(["linux-source-7.3", "busybox"]);
    played.begun();
    expect(await find(sources())).toMatchObject({
      ...{ guest, compilers: { asked: { crossCompile: debian.crossCompile } } },
    });
    expect(await find(sources([file("edma_test/main.c", "edited\n")]))).toEqual([
      "Build the project's kernel modules",
    ]);
    expect(played.begun()).toEqual([]);
    expect([...linux.cache.referred]).toContainEqual(expect.stringMatching(/^downloads\//));
  });

  test("of a tree on which the scenario's patches do not apply says whose they are, and what would do", async () => {
    const patched = { ...choice, upstreamPatches: ["epf-stale-bound", "epf-ntb-no-align"] };
    const failed = made(sources(), patched);
    await expect(failed).rejects.toThrow(UnmetNeedsError);
    await expect(failed).rejects.toThrow(
      /patch 1 of 2 does not apply: .*\n {2}The scenario has "patches: \[epf-stale-bound, epf-ntb-no-align\]"; where they are in the tree already, --set 'patches=\[\]' leaves them away\.$/s,
    );
  });

  test("of Debian's kernel is not taken for one with patches on it, nor for a working tree's", async () => {
    const { debian } = played;
    const unpatched = await made(sources(), debian);
    linux.write("fix.patch", "--- a/main.c\n+++ b/main.c\n@@ -1 +1 @@\n-main\n+patched\n");
    const patched = { ...debian, patches: join(linux.root, "fix.patch") };
    for (const other of [patched, choice]) {
      const lacks: string[] = [];
      const lacking = (title: string) => lacks.push(title);
      expect(await findGuest(provisioning, other, sources(), lacking)).toBeUndefined();
      expect(lacks).toEqual(["Build the guests' kernel"]);
      const compilers = await compilersFor(provisioning, recipeOf(other).toolchain);
      const wanted = await lookForKernel(provisioning, other, compilers);
      expect(wanted.found).toBeUndefined();
    }
    const { kernel } = await made(sources(), patched);
    expect(kernel.origin).toContain("Debian 1, 1 patch on it");
    expect(readFileSync(kernel.vmlinux, "utf8")).toBe("patched\n");
    expect(readFileSync(unpatched.kernel.vmlinux, "utf8")).toBe("main\n");
  });

  test("has its trees made again where they have gone, and something is to be built on them", async () => {
    const { kernel } = await made(sources(), played.debian);
    for (const directory of [kernel.sourceDir, kernel.buildDir]) {
      rmSync(directory, { recursive: true });
    }
    expect(await findGuest(provisioning, played.debian, sources())).toBeDefined();
    rmSync(join(linux.cache.root, "kernel-debug"), { recursive: true });
    played.begun();
    await made(sources(), played.debian);
    expect(played.begun()).toEqual([
      "Fetch the kernel's source",
      "Make the kernel's build tree again",
      expect.stringContaining("debug"),
    ]);
    expect(existsSync(join(kernel.buildDir, "Module.symvers"))).toBe(true);
  });

  test("needs no trees for an edited module, and its source alone for what that tells", async () => {
    const { kernel } = await made(sources(), played.debian);
    for (const directory of [kernel.sourceDir, kernel.buildDir]) {
      rmSync(directory, { recursive: true });
    }
    played.begun();
    const edited = sources([file("edma_test/main.c", "edited\n")]);
    provisioning = played.begin();
    const guest = await made(edited, played.debian);
    expect(played.begun()).toEqual([
      ...["Check this machine's build tools", "Build the project's kernel modules"],
      "Put the guests' image together",
    ]);
    expect(readFileSync(join(guest.debugModules, "edma_test.ko"), "utf8")).toContain("edited");
    const trees = [...linux.cache.referred].filter((entry) => entry.startsWith("trees/"));
    expect(trees.join()).toMatch(/trees\/modules-of-kernel-/);
    expect(trees.join()).toMatch(/trees\/devel-of-kernel-/);
    rmSync(join(linux.cache.root, "kernel-facts"), { recursive: true });
    expect(await made(edited, played.debian)).toEqual(guest);
    expect(played.begun()).toEqual([
      ...["Fetch the kernel's source", "Look up what the kernel can do"],
    ]);
  });
});

test("a directory that is no tree, and compilers that are not there, are the person's to put right", async () => {
  const compilers = await compilersFor(provisioning, recipeOf(choice).toolchain);
  rmSync(join(linux.directory, "arch/arm64/Kconfig"));
  await expect(lookForKernel(provisioning, choice, compilers)).rejects.toThrow(/is no kernel tree/);
  await expect(compilersFor(provisioning, { crossCompile: "/nowhere/" })).rejects.toThrow(
    UsageError,
  );
});
