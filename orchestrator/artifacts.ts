// SPDX-License-Identifier: MIT

import type { GuestArchitecture } from "./guest-architectures.ts";

/** What a kernel cannot have, and what that means. */
export interface Lack {
  /** A configuration symbol, a module, or a part of the image. */
  readonly name: string;
  readonly reason: string;
}

/** A QEMU with the project's devices. */
export interface QemuProgram {
  /** Starts it; that it loads the devices is in there. */
  readonly binary: string;
  /** Which it is, for people. */
  readonly version: string;
  /** For make in qemu-devices: the QEMU that the devices are built for, and its headers. */
  readonly make: readonly string[];
}

/** The QEMU that runs machines of 64-bit Arm, and those of others that are wanted. */
export interface QemuArtifacts extends QemuProgram {
  readonly others: Readonly<Partial<Record<GuestArchitecture, QemuProgram>>>;
}

/** The one that runs a guest. */
export function qemuOf({ qemu, guests }: Artifacts, guest: keyof Guests): QemuProgram {
  const { architecture } = guests[guest].kernel;
  if (architecture === "arm64") return qemu;
  const other = qemu.others[architecture];
  if (other === undefined) throw new Error(`no QEMU was made ready for ${architecture}`);
  return other;
}

/** A guest's kernel. */
export interface KernelArtifacts {
  readonly architecture: GuestArchitecture;
  readonly image: string;
  /** With symbols, for decoding stack traces. */
  readonly vmlinux: string;
  /** `uname -r`. */
  readonly release: string;
  /** Where its source comes from, for people: `Debian 7.3.4-1`. */
  readonly origin: string;
  /** The mailbox, directory or patch that was applied to its source, the last of several. */
  readonly patches?: string;
  /** Names of all that was applied to its source, in order. */
  readonly applied?: readonly string[];
  /** What it was configured by beyond what every kernel has, in order: names of files. */
  readonly fragments: readonly string[];
  /** First line of its compiler's `--version`. */
  readonly compiler: string;
  /** What its make was told as LLVM, if that built it. */
  readonly llvm?: string;
  /** SHA-256 of the final .config. */
  readonly configHash: string;
  readonly config: string;
  /** Where it is built, and what from. A cache need not have them any more. */
  readonly buildDir: string;
  readonly sourceDir: string;
}

/** What a kernel's source tells of it (see kernel-facts.ts). */
export interface KernelFacts {
  /** Where it was compiled: names of files in its debug information begin so. */
  readonly source: string;
  /** Those of kernel-features.ts that it has. */
  readonly features: readonly string[];
  /** Those of kselftests.ts that its tree has. */
  readonly tests: readonly string[];
  /** File by which its tree has a transport of its own. */
  readonly ownTransport?: string | undefined;
  /** Its own script for stack traces; undefined where its tree has none. */
  readonly decodeScript: string | undefined;
}

/** What of a kernel people and programs need who look into it (see kernel-debug.ts). */
export interface KernelDebug {
  /** Directory of the tree's own modules that are not stripped. */
  readonly modules: string;
  /** What gdb sources; undefined where the kernel has no scripts. */
  readonly gdbScripts: string | undefined;
}

/** What one VM boots. */
export interface GuestArtifacts {
  readonly kernel: KernelArtifacts;
  readonly facts: KernelFacts;
  readonly debug: KernelDebug;
  /** Of the programs that decode its stack traces: path and beginning of their names, as CROSS_COMPILE has it. */
  readonly decodingPrefix: string;
  /** Base image and modules; a run's own overlay (see cpio.ts) goes behind it. */
  readonly initrd: string;
  /** Directory of the project's modules with debug information. */
  readonly debugModules: string;
  /** Names of all modules that can be loaded or are built in, as lsmod writes them. */
  readonly modules: readonly string[];
  /** What this kernel cannot have, though others can: symbols, modules, tests. */
  readonly lacks: readonly Lack[];
  /** The project's modules that its tree has others for. */
  readonly superseded: readonly Lack[];
}

/** What both VMs boot; the very same object where both have the same kernel. */
export interface Guests {
  readonly host: GuestArtifacts;
  readonly endpoint: GuestArtifacts;
}

/** Everything that a run boots. All paths are absolute and stay valid until the cache is cleaned. */
export interface Artifacts {
  readonly qemu: QemuArtifacts;
  readonly guests: Guests;
  /** What was used, for reports: component to version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Kernel configurations by the names that they have among a run's files: one where both guests have the same kernel. */
export function configurations({ host, endpoint }: Guests): Readonly<Record<string, string>> {
  if (host === endpoint) return { [configurationNames.both]: host.kernel.config };
  return {
    [configurationNames.host]: host.kernel.config,
    [configurationNames.endpoint]: endpoint.kernel.config,
  };
}

const configurationNames = {
  both: "kernel.config",
  host: "host-kernel.config",
  endpoint: "endpoint-kernel.config",
};

/** All names that configurations can have among a run's files. */
export const configurationFiles: readonly string[] = Object.values(configurationNames);

/** What there is to say of the guests: once where both are alike, else of each. */
export function ofBoth({ host, endpoint }: Guests, say: (guest: GuestArtifacts) => string): string {
  const [ofHost, ofEndpoint] = [say(host), say(endpoint)];
  return ofHost === ofEndpoint ? ofHost : `host ${ofHost}, endpoint ${ofEndpoint}`;
}
