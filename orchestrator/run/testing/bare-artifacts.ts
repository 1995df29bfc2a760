// SPDX-License-Identifier: MIT
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Artifacts } from "../../artifacts.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import { needsOf } from "../needs.ts";

const emptyKernel = {
  architecture: "arm64" as const,
  ...{ image: "", vmlinux: "", release: "", origin: "", compiler: "", configHash: "" },
  fragments: [],
  ...{ buildDir: "", sourceDir: "" },
};

/** What a run with kernels that have these modules, and no configuration at all, would boot. Their files are in `directory`. */
export function bareArtifacts(directory: string, modules: readonly string[]): Artifacts {
  const config = join(directory, "config");
  writeFileSync(config, "");
  const guest = {
    kernel: { ...emptyKernel, config },
    facts: { source: "", features: [], tests: [], decodeScript: undefined },
    ...{ debug: { modules: "", gdbScripts: undefined }, decodingPrefix: "", debugModules: "" },
    ...{ initrd: "", superseded: [], lacks: [] },
    modules: modules.map((name) => name.replaceAll("-", "_")),
  };
  return {
    qemu: { binary: "", version: "", make: [], others: {} },
    ...{ guests: { host: guest, endpoint: guest }, versions: {} },
  };
}

/** The modules that these variants need. */
export function modulesFor(variants: readonly VariantPlan[]): string[] {
  return variants.flatMap((variant) => Object.values(needsOf(variant)).flat());
}
