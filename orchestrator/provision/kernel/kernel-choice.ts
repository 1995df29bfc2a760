// SPDX-License-Identifier: MIT

/** Where a kernel's source comes from. */
export type KernelSource =
  /** Debian's linux-source package: the one this project is made for, the newest of its major, or one by its series (`6.12`). */
  | { readonly kind: "debian"; readonly series: "pinned" | "newest" | (string & {}) }
  /** A person's own tree, which is only read. */
  | { readonly kind: "tree"; readonly directory: string };

/** What a guest's kernel is to be made of. Paths are absolute. */
export interface KernelChoice {
  readonly source: KernelSource;
  /** Built with the checkers of guest-images/kernel/debug.config. */
  readonly debug: boolean;
  /** Files with settings, on top of the project's own; later ones win. */
  readonly fragments: readonly string[];
  /** A mailbox, a directory of patches, or the message id of a series. */
  readonly patches?: string;
  /** Built by clang and lld. */
  readonly llvm: boolean;
  /** Which of them, as the kernel's make takes it in LLVM: a suffix such as `-19`, or a directory that ends in a slash. */
  readonly llvmVersion?: string;
  /** Prefix of GNU tools, such as `aarch64-linux-gnu-`; the machine's usual one when not given. */
  readonly crossCompile?: string;
}

/** Both guests' kernels. */
export interface KernelChoices {
  readonly host: KernelChoice;
  readonly endpoint: KernelChoice;
}

/** The kernel that this project is made for. */
export const pinnedKernel: KernelChoice = {
  source: { kind: "debian", series: "pinned" },
  debug: false,
  fragments: [],
  llvm: false,
};

export const pinnedKernels: KernelChoices = { host: pinnedKernel, endpoint: pinnedKernel };

/** Whether two choices are the same kernel, which then is built once. */
export function sameChoice(one: KernelChoice, other: KernelChoice): boolean {
  return choiceIdentity(one) === choiceIdentity(other);
}

/** What tells a choice from others. */
export function choiceIdentity(choice: KernelChoice): string {
  const { source, debug, fragments, patches = "", llvm } = choice;
  const { llvmVersion = "", crossCompile = "" } = choice;
  const origin = source.kind === "debian" ? source.series : source.directory;
  return JSON.stringify([
    source.kind,
    origin,
    debug,
    fragments,
    patches,
    llvm,
    llvmVersion,
    crossCompile,
  ]);
}
