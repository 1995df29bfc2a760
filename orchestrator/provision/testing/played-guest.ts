// SPDX-License-Identifier: MIT
//
// All that a guest is made of, in small: a kernel's tree of a few files, which a person or Debian has, packages made for the test,
// and an archive that has both. What comes of real ones is for the runs with VMs.

import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { baseFragment, fragmentFile, fragmentNames } from "../../config-fragments.ts";
import type { Archive, PinnedPackage } from "../archive/apt.ts";
import type { SourceFile } from "../cache/snapshot.ts";
import type { GuestSources } from "../guest.ts";
import { type KernelChoice, pinnedKernel } from "../kernel/kernel-choice.ts";
import { parseFragment } from "../kernel/kernel-config.ts";
import { PlayedLinux } from "../kernel/testing/played-linux.ts";
import { Provisioning } from "../provisioning.ts";
import type { ProvisionEvent } from "../work/events.ts";

const programOf = (name: string) =>
  execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();

/** One of the project's own sources. */
export function file(path: string, text: string): SourceFile {
  return { path, executable: false, data: Buffer.from(text) };
}

/** What goes into the guests beside their kernel. */
export function guestSources(modules = [file("edma_test/main.c", "test\n")]): GuestSources {
  const definition = [
    ...[file("applets", "ls\n"), file("packages", "busybox\n")],
    ...[file("programs", "/usr/bin/busybox\n"), file("files/etc/motd", "hello\n")],
  ];
  return { modules, definition, builder: [] };
}

export class PlayedGuest {
  readonly linux: PlayedLinux;
  /** A working tree, compiled by programs that stand for a compiler's. */
  readonly choice: KernelChoice;
  /** The same tree as Debian has it, for the kernel that the project is made for. */
  readonly debian: KernelChoice;
  readonly provisioning: Provisioning;
  readonly #begun: string[] = [];
  /** Packages that were fetched, by their names. */
  readonly fetched: string[] = [];

  constructor(root: string) {
    this.linux = new PlayedLinux(root);
    const { linux } = this;
    const symbols = [
      baseFragment,
      ...[...fragmentNames, "x86-64", "debug"].map(fragmentFile),
    ].flatMap((fragment) => parseFragment(fragment, readFileSync(fragment, "utf8")));
    linux.write(
      "linux/Kconfig",
      symbols.map(({ symbol }) => symbol.replace(/^CONFIG_/, "config ")).join("\n"),
    );
    linux.write("linux/arch/arm64/Kconfig", "");
    linux.write("linux/include/linux/ntb.h", "");
    linux.write("linux/scripts/decode_stacktrace.sh", "#!/bin/sh\n");
    linux.program("bin/gnu-gcc", "echo gnu gcc 1");
    for (const name of ["addr2line", "nm", "readelf"]) {
      symlinkSync(programOf(name), join(root, `bin/gnu-${name}`));
    }
    linux.write("debs/busybox/usr/bin/busybox", "\0ls\0");
    this.provisioning = this.begin();
    const crossCompile = join(root, "bin/gnu-");
    this.debian = { ...pinnedKernel, crossCompile };
    this.choice = { ...this.debian, source: { kind: "tree", directory: linux.directory } };
  }

  /** A provisioning from this cache, as one run after the other has. */
  begin(signal = new AbortController().signal): Provisioning {
    const progress = (event: ProvisionEvent) =>
      void (event.type === "task-started" && this.#begun.push(event.task.title));
    return new Provisioning(this.linux.cache, this.#archive(), progress, signal);
  }

  /** Titles of the tasks that were begun since the last look. */
  begun(): string[] {
    return this.#begun.splice(0);
  }

  #archive(): Archive {
    const pinned = (name: string): PinnedPackage => ({
      ...{ name, version: "1", fileName: `${name}.deb`, sha256: "0".repeat(64) },
    });
    return {
      update: async () => {},
      packageNames: async () => ["linux-source-7.3"],
      pinPackages: async (_task: unknown, names: readonly string[]) => names.map(pinned),
      download: async (_task: unknown, pins: readonly PinnedPackage[], directory: string) => {
        for (const { name, fileName } of pins) {
          this.fetched.push(name);
          copyFileSync(this.deb(name), join(directory, fileName));
        }
      },
    } as unknown as Archive;
  }

  /** A package's file, made of what is below debs/NAME; that of a kernel's source holds the tree as it is now. */
  deb(name: string): string {
    const { linux } = this;
    const { root } = linux;
    const content = join(root, "debs", name);
    linux.write(
      `debs/${name}/DEBIAN/control`,
      `Package: ${name}\nVersion: 1\nArchitecture: arm64\nMaintainer: x <x@x>\nDescription: x\n`,
    );
    if (name.startsWith("linux-source")) {
      linux.write(`debs/${name}/usr/src/README`, "");
      const tarball = join(content, `usr/src/${name}.tar.xz`);
      const named = ["--transform", `s,^linux,${name},`, "-C", root, "linux"];
      execFileSync("tar", ["--create", "--xz", "--file", tarball, ...named]);
    }
    const target = join(root, `${name}.deb`);
    execFileSync("dpkg-deb", ["--root-owner-group", "--build", content, target]);
    return target;
  }
}
