// SPDX-License-Identifier: MIT
//
// What a person can choose of a kernel: one part for each field of a choice, with all that the program has to know of it. A new
// flag is a file here and a line in kernel-choice.ts.

import type { Guests } from "../../../artifacts.ts";
import type { GuestArchitecture } from "../../../guest-architectures.ts";

/** Where a kernel's source comes from. */
export type KernelSource =
  /** Debian's linux-source package: the one this project is made for, the newest of its major, or one by its series (`6.12`). */
  | { readonly kind: "debian"; readonly series: "pinned" | "newest" | (string & {}) }
  /** A person's own tree, which is only read. */
  | { readonly kind: "tree"; readonly directory: string };

/** A file of settings for the kernel's configuration. */
export interface FragmentFile {
  readonly file: string;
  /** Whether it is a person's own; those come behind the project's. */
  readonly given: boolean;
  /** Whether a kernel without it is near enough that a build may begin from that one's. */
  readonly extra: boolean;
}

/** Which compilers build a kernel; the machine's usual ones where nothing is said. */
export interface Toolchain {
  /** As the kernel's make takes it in LLVM: `1`, a suffix such as `-19`, or a directory that ends in a slash. */
  readonly llvm?: string;
  /** Prefix of GNU tools for 64-bit Arm, such as `aarch64-linux-gnu-`. */
  readonly crossCompile?: string;
  /** What they compile for; 64-bit Arm where nothing is said. */
  readonly architecture?: GuestArchitecture;
}

/** What provisioning builds a kernel from. */
export interface KernelRecipe {
  readonly source: KernelSource;
  /** The project's own patches, which come first. */
  readonly ownPatches: readonly string[];
  /** A mailbox, a directory of patches, or the message id of a series. */
  readonly patches: string | undefined;
  /** Files in order of increasing precedence. */
  readonly fragments: readonly FragmentFile[];
  readonly toolchain: Toolchain;
}

/** A flag as command lines take it. */
export interface KernelFlag {
  readonly type: "string" | "boolean";
  /** May be given several times. */
  readonly multiple?: boolean;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
  /** A value that means the same in any directory; the value itself where this is not given. */
  readonly anywhere?: (word: string, directory: string) => string;
}
export type KernelFlags = Readonly<Record<string, KernelFlag>>;

type FlagValue<Flag> = Flag extends { type: "boolean" }
  ? boolean
  : Flag extends { multiple: true }
    ? readonly string[]
    : string;

/** What a command line says by these flags. */
export type FlagValues<Flags> = {
  readonly [Name in keyof Flags]?: FlagValue<Flags[Name]> | undefined;
};

/** What a command line, the environment and the caller's directory say of one guest's kernel. */
export interface Said<Flags> {
  readonly values: FlagValues<Flags>;
  /** Value of the part's environment variable. */
  readonly variable: string | undefined;
  readonly directory: string;
  readonly guest: keyof Guests;
}

/** Ways in which a bundle takes a value to another machine (orchestrator/bundle/kernel-travel.ts), and of what values. */
export interface Travels {
  /** As it is. */
  readonly "as it is": boolean;
  /** As it is, unless it is this machine's directory, which says nothing elsewhere. */
  readonly "unless a path": string | undefined;
  /** Absolute paths are files, which are copied; a name means the same everywhere. */
  readonly "names and copied files": readonly string[];
  /** A file or directory is copied; of a message id, what b4 has fetched: the archive may say something else later. */
  readonly "copied patches": string | undefined;
  /** A tree stays at home: its state in words goes along, and what was changed on its commit. */
  readonly "described tree": KernelSource;
}

type TravelOf<Value> = {
  [Way in keyof Travels]: [Value] extends [Travels[Way]] ? Way : never;
}[keyof Travels];

/** One field of a choice. All fields together are what tells one kernel from another. */
export interface KernelPart<Value, Flags extends KernelFlags, Way extends TravelOf<Value>> {
  readonly flags: Flags;
  /** The environment variable that says it. */
  readonly variable?: string;
  /** Of the kernel that this project is made for. */
  readonly pinned: Value;
  /** Other values of which the project's own kernels are kept in the cache. */
  readonly kept?: readonly Value[];
  /** Throws UsageError for what cannot be. */
  readonly read: (said: Said<Flags>) => Value;
  /** What follows for the build. */
  readonly gives: (value: Value) => Partial<KernelRecipe>;
  readonly travels: Way;
  /** Files and directories in it, and what stands for them where they are nobody's business. */
  readonly places: (value: Value) => readonly { readonly own: string; readonly alias: string }[];
  /** By how much time limits have to be longer. */
  readonly timeScale?: (value: Value) => number;
}

/** Makes a part of a given kind of value. */
export function kernelPart<Value>() {
  return <const Flags extends KernelFlags, const Way extends TravelOf<Value>>(
    part: KernelPart<Value, Flags, Way>,
  ) => part;
}
