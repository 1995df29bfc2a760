// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Artifacts } from "../../artifacts.ts";

/** What a run boots with a program in QEMU's place, which plays guests. Their files are in `directory`. */
export function playedArtifacts(directory: string): Artifacts {
  const config = join(directory, "config");
  const initrd = join(directory, "initrd");
  writeFileSync(config, "CONFIG_X=y\n");
  writeFileSync(initrd, "image;");
  const kernel = {
    architecture: "arm64",
    image: "/kernel",
    vmlinux: "",
    release: "7.3.4",
    config,
    configHash: "0123456789abcdef",
  };
  const guest = {
    kernel,
    initrd,
    facts: { features: [], tests: [] },
    modules: [],
    lacks: [],
    superseded: [],
  };
  const binary = join(import.meta.dirname, "../../lab/testing/played-qemu.mjs");
  const versions = { qemu: "played" };
  return {
    qemu: { binary },
    guests: { host: guest, endpoint: guest },
    versions,
  } as unknown as Artifacts;
}
