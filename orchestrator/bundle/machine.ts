// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import { arch, cpus, release, totalmem } from "node:os";
import type { Machine } from "./manifest.ts";

/** What kind of machine this is; nothing that would name it. */
export async function thisMachine(): Promise<Machine> {
  const processors = cpus();
  const model = processors[0]?.model.trim() || "processors";
  const about = await readFile("/etc/os-release", "utf8").catch(() => "");
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(about)?.[1] ?? "unknown system";
  return {
    architecture: arch(),
    processors: `${processors.length} x ${model}`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${system}, kernel ${release()}`,
    node: process.version,
  };
}
