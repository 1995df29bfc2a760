// SPDX-License-Identifier: MIT
//
// A guest from the choice of its kernel to its image: a working tree of a few files, built by make, and packages made for the
// test. What comes of real ones is for the runs with VMs.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseFragment } from "../config-fragments.ts";
import { UsageError } from "../errors.ts";
import type { Archive } from "./archive/apt.ts";
import type { Snapshot } from "./cache/snapshot.ts";
import { compilersFor, findGuest, type GuestSources, lookForKernel, makeGuest } from "./guest.ts";
import { type KernelChoice, pinnedKernel, recipeOf } from "./kernel/kernel-choice.ts";
import { parseFragment } from "./kernel/kernel-config.ts";
import { ofLab } from "./kernel/kernel-needs.ts";
import { PlayedLinux } from "./kernel/testing/played-linux.ts";
import { ifThere } from "./looking.ts";
import { Provisioning } from "./provisioning.ts";

const programOf = (name: string) =>
  execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();

let linux: PlayedLinux;
let provisioning: Provisioning;
let choice: KernelChoice;
/** Titles of the tasks that were begun. */
let begun: string[];

beforeEach(() => {
  linux = new PlayedLinux(realpathSync(mkdtempSync(join(tmpdir(), "guest-test-"))));
  const symbols = parseFragment("base.config", readFileSync(baseFragment, "utf8"));
  linux.write(
    "linux/Kconfig",
    symbols.map(({ symbol }) => symbol.replace(/^CONFIG_/, "config ")).join("\n"),
  );
  linux.write("linux/arch/arm64/Kconfig", "");
  linux.write("linux/scripts/decode_stacktrace.sh", "#!/bin/sh\n");
  linux.program("bin/gnu-gcc", "echo gnu gcc 1");
  for (const name of ["addr2line", "nm", "readelf"]) {
    symlinkSync(programOf(name), join(linux.root, `bin/gnu-${name}`));
  }
  linux.write("deb/usr/bin/busybox", "\0ls\0");
  linux.write(
    "deb/DEBIAN/control",
    "Package: busybox\nVersion: 1\nArchitecture: arm64\nMaintainer: x <x@x>\nDescription: x\n",
  );
  const at = (path: string) => join(linux.root, path);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", at("deb"), at("busybox.deb")]);
  const archive = {
    update: async () => {},
    pinPackages: async () => [
      { name: "busybox", version: "1", fileName: "busybox.deb", sha256: "0" },
    ],
    download: async (_task: unknown, _pin: unknown, directory: string) =>
      copyFileSync(at("busybox.deb"), join(directory, "busybox.deb")),
  } as unknown as Archive;
  begun = [];
  provisioning = new Provisioning(
    linux.cache,
    archive,
    (event) => void (event.type === "task-started" && begun.push(event.task.title)),
    new AbortController().signal,
  );
  choice = {
    ...pinnedKernel,
    ...{ source: { kind: "tree", directory: linux.directory }, crossCompile: at("bin/gnu-") },
  };
});
afterEach(() => rmSync(linux.root, { recursive: true }));

const file = (path: string, text: string) => ({ path, executable: false, data: Buffer.from(text) });

function sources(modules: Snapshot = [file("edma_test/main.c", "test\n")]): GuestSources {
  const definition = [
    ...[file("applets", "ls\n"), file("packages", "busybox\n")],
    ...[file("programs", "/usr/bin/busybox\n"), file("files/etc/motd", "hello\n")],
  ];
  return { modules, definition, builder: [] };
}

async function made(of = sources()) {
  const compilers = await compilersFor(provisioning, recipeOf(choice).toolchain);
  return makeGuest(provisioning, await lookForKernel(provisioning, choice, compilers), of);
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
    begun.length = 0;
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
    expect(begun).toEqual([]);
    expect(await findGuest(provisioning, choice, sources())).toBeUndefined();
    // Made again, it is the same, and nothing is compiled but what make looks at.
    expect(await made()).toEqual(guest);
    expect(begun).toEqual([expect.stringMatching(/^Build the guests' kernel/)]);
  });

  test("of the project's own kernel is asked for by its version, which nobody has looked up yet", async () => {
    const compilers = await compilersFor(provisioning, recipeOf(choice).toolchain);
    const wanted = await lookForKernel(provisioning, pinnedKernel, compilers);
    expect(wanted.found).toBeUndefined();
    const lacks: string[] = [];
    expect(
      await findGuest(provisioning, pinnedKernel, sources(), (title) => lacks.push(title)),
    ).toBeUndefined();
    expect(lacks).toEqual(["Build the guests' kernel"]);
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
