// SPDX-License-Identifier: MIT

import { execa } from "execa";
import { crossPrefix } from "./host-tools.ts";

/** The compilers that a build's result depends on. */
export interface Compilers {
  /** First line of the host compiler's `--version`. */
  readonly host: string;
  /** The same of the kernel's compiler. */
  readonly kernel: string;
  /** CROSS_COMPILE for the kernel. */
  readonly crossPrefix: string;
  /** `ccache` when it is installed; it does not change results. */
  readonly launcher: string | undefined;
}

export async function findCompilers(): Promise<Compilers> {
  const prefix = crossPrefix();
  const [host, kernel, ccache] = await Promise.all([
    versionLine("gcc"),
    versionLine(`${prefix}gcc`),
    versionLine("ccache").catch(() => undefined),
  ]);
  return {
    host,
    kernel,
    crossPrefix: prefix,
    launcher: ccache === undefined ? undefined : "ccache",
  };
}

async function versionLine(program: string): Promise<string> {
  const { stdout } = await execa(program, ["--version"]);
  return stdout.split("\n", 1)[0] ?? "";
}
