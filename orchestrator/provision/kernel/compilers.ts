// SPDX-License-Identifier: MIT

import { execa } from "execa";
import { UsageError } from "../../errors.ts";
import type { GuestArchitecture } from "../../guest-architectures.ts";
import { crossPrefix } from "../work/host-tools.ts";
import type { Toolchain } from "./choice/part.ts";

/** The compilers that a build's result depends on. */
export interface Compilers {
  /** First line of the host compiler's `--version`. */
  readonly host: string;
  /** The same of the kernel's compiler. */
  readonly kernel: string;
  /** The kernel's compiler itself. */
  readonly compiler: string;
  /** What it compiles for. */
  readonly architecture: GuestArchitecture;
  /** CROSS_COMPILE for the kernel. */
  readonly crossPrefix: string;
  /** What the kernel's make is told as LLVM; undefined where GNU tools build it. */
  readonly llvm: string | undefined;
  /** `ccache` when it is installed; it does not change results. */
  readonly launcher: string | undefined;
}

/** What LLVM=1 makes the kernel's makefiles call, by Debian package. */
const LLVM_TOOLS = { clang: "clang", "ld.lld": "lld", "llvm-strip": "llvm" };

/** One of LLVM's tools by the name that the kernel's makefiles call it by: LLVM=-19 and LLVM=/opt/llvm/bin/ name others. */
export function llvmTool(name: string, llvm: string): string {
  if (llvm.endsWith("/")) return `${llvm}${name}`;
  return llvm.startsWith("-") ? `${name}${llvm}` : name;
}

/**
 * The compilers for a kernel; of the machine's usual ones when nothing is asked for.
 *
 * @throws UsageError when the ones asked for are not there; any other error when the usual ones are not.
 */
export async function findCompilers(asked: Toolchain = {}): Promise<Compilers> {
  const { architecture = "arm64" } = asked;
  // What a person's environment says is about Arm.
  const said = architecture === "arm64" ? asked.crossCompile : undefined;
  const prefix = said ?? crossPrefix(architecture);
  const { llvm } = asked;
  const compiler = llvm === undefined ? `${prefix}gcc` : llvmTool("clang", llvm);
  if (llvm !== undefined) await requireLlvm(llvm);
  const [host, kernel, ccache] = await Promise.all([
    versionLine("gcc"),
    versionLine(compiler).catch((cause: unknown) => {
      if (said === undefined) throw cause;
      throw new UsageError(`CROSS_COMPILE=${prefix}: there is no program ${compiler}`, { cause });
    }),
    versionLine("ccache").catch(() => undefined),
  ]);
  return {
    ...{ host, kernel, compiler, architecture, llvm },
    crossPrefix: prefix,
    launcher: ccache === undefined ? undefined : "ccache",
  };
}

async function requireLlvm(llvm: string): Promise<void> {
  const elsewhere = llvm.endsWith("/");
  const missing: string[] = [];
  for (const [program, debPackage] of Object.entries(LLVM_TOOLS)) {
    const tool = llvmTool(program, llvm);
    const wanted = elsewhere ? tool : llvmTool(debPackage, llvm);
    await versionLine(tool).catch(() => missing.push(wanted));
  }
  if (missing.length > 0 && elsewhere) {
    throw new UsageError(`LLVM=${llvm}: there is no ${missing.join(", no ")}`);
  }
  if (missing.length > 0) {
    throw new UsageError(
      `LLVM=${llvm} needs tools that are not installed; install them, then run again:\n` +
        `  sudo apt-get install --yes --no-install-recommends ${missing.join(" ")}`,
    );
  }
}

async function versionLine(program: string): Promise<string> {
  const { stdout } = await execa(program, ["--version"]);
  return stdout.split("\n", 1)[0] ?? "";
}
