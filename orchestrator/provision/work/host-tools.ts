// SPDX-License-Identifier: MIT
//
// What building needs of this machine, as Debian packages. Whatever is missing is installed when that is possible
// without asking a question, and otherwise named in one command to paste.

import { execa } from "execa";
import { UsageError } from "../../errors.ts";
import { architectureNames, type GuestArchitecture } from "../../guest-architectures.ts";
import type { Task } from "./task.ts";

/** Packages for fetching, unpacking and packing, for the devices, the kernel, the guest's image, and for the fuzz targets. */
const PACKAGES = [
  ...["ca-certificates", "debian-archive-keyring", "dpkg-dev", "xz-utils", "zstd"],
  ...["gcc", "libc6-dev", "make", "pkg-config", "python3", "patch", "libglib2.0-dev"],
  ...["bc", "bison", "flex", "kmod", "perl"],
  ...["clang", "libclang-rt-dev"],
];

/** For building one kind of guest alone: objtool, which x86's kernel is checked with. */
const PACKAGES_OF: Readonly<Record<GuestArchitecture, readonly string[]>> = {
  arm64: [],
  "x86-64": ["libelf-dev"],
};

/** What building guests of these kinds needs; every lab has one of 64-bit Arm. A machine of the same kind compiles by itself. */
export function requiredPackages(
  others: Iterable<GuestArchitecture> = [],
  machine: NodeJS.Architecture = process.arch,
): string[] {
  const kinds = [...new Set<GuestArchitecture>(["arm64", ...others])];
  return [
    ...PACKAGES,
    ...kinds.flatMap((kind) => [
      ...PACKAGES_OF[kind],
      ...(crossPrefix(kind, machine) === "" ? [] : architectureNames[kind].crossCompiler),
    ]),
  ];
}

/** Prefix of the compiler for guests of a kind; empty where the machine itself is of that kind. */
export function crossPrefix(
  guest: GuestArchitecture = "arm64",
  machine: NodeJS.Architecture = process.arch,
): string {
  const { node, triplet } = architectureNames[guest];
  return node === machine ? "" : `${triplet}-`;
}

/**
 * Makes sure that all required packages are installed.
 *
 * @throws UsageError with the command to run when they are not and cannot be installed from here.
 */
export async function ensureHostTools(
  task: Task,
  others: Iterable<GuestArchitecture> = [],
): Promise<void> {
  const missing = await missingPackages(requiredPackages(others));
  if (missing.length === 0) {
    task.markFound();
    return;
  }
  const prefix = await privilegePrefix();
  if (prefix === undefined) {
    throw new UsageError(
      `these packages are needed for building and not installed; install them, then run again:\n` +
        `  sudo apt-get install --yes --no-install-recommends ${missing.join(" ")}`,
    );
  }
  task.say(`installing ${missing.join(" ")}`);
  // sudo drops the environment, hence env(1). Another apt may be at work on a machine that has just started.
  const [program = "env", ...args] = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "--quiet",
  ];
  const install = ["--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "install"];
  await task.run(program, [...args, "update"]);
  await task.run(program, [...args, ...install, ...missing]);
}

/** Those of some packages that are not installed. Throws UsageError on a machine without dpkg. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  // dpkg-query ends with status 1 when it does not know one of the names; the others are listed all the same.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
  const query = ["--show", "--showformat", "${binary:Package} ${db:Status-Status}\n", ...names];
  const result = await execa("dpkg-query", query, { reject: false });
  if (result.code === "ENOENT") {
    throw new UsageError(
      "building needs Debian or a derivative: there is no dpkg-query on this machine",
    );
  }
  const installed = new Set<string>();
  for (const line of result.stdout.split("\n")) {
    const [name, status] = line.split(" ");
    if (status === "installed") installed.add((name ?? "").replace(/:.*/, ""));
  }
  return names.filter((name) => !installed.has(name));
}

/** How to become root without a question: not at all needed, by sudo, or not possible (undefined). */
export async function privilegePrefix(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  const sudo = await execa("sudo", ["--non-interactive", "true"], { reject: false });
  return sudo.exitCode === 0 ? ["sudo", "--non-interactive"] : undefined;
}
