// SPDX-License-Identifier: MIT
//
// What guests can be built for, and by what names others know it. The endpoint is always 64-bit Arm; the host may be a PC.

/** By the machine: `virt` is 64-bit Arm, `q35` a PC. */
export const guestArchitectures = ["arm64", "x86-64"] as const;

export type GuestArchitecture = (typeof guestArchitectures)[number];

interface Names {
  /** ARCH of the kernel's make. */
  readonly make: string;
  /** Directory of its own below `arch/`. */
  readonly directory: string;
  /** What make is asked for, and where below `directory` it leaves it: what QEMU's -kernel takes. */
  readonly image: string;
  /** Architecture of Debian's packages. */
  readonly debian: "arm64" | "amd64";
  /** Where its libraries lie below /usr/lib, and how GNU tools that compile for it begin. */
  readonly triplet: string;
  /** GNU tools that compile for it on another machine, as Debian's packages. */
  readonly crossCompiler: readonly string[];
  /** Its emulator, and Debian's package of it. */
  readonly qemu: { readonly program: string; readonly package: string };
  /** As Node calls a machine of this kind. */
  readonly node: NodeJS.Architecture;
}

export const architectureNames: Readonly<Record<GuestArchitecture, Names>> = {
  arm64: {
    make: "arm64",
    directory: "arm64",
    image: "Image",
    debian: "arm64",
    triplet: "aarch64-linux-gnu",
    crossCompiler: ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
    qemu: { program: "qemu-system-aarch64", package: "qemu-system-arm" },
    node: "arm64",
  },
  "x86-64": {
    make: "x86_64",
    directory: "x86",
    image: "bzImage",
    debian: "amd64",
    triplet: "x86_64-linux-gnu",
    crossCompiler: ["gcc-x86-64-linux-gnu", "libc6-dev-amd64-cross"],
    qemu: { program: "qemu-system-x86_64", package: "qemu-system-x86" },
    node: "x64",
  },
};
