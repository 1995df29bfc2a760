// SPDX-License-Identifier: MIT
//
// What the source of a guest's kernel tells of it, looked up once and kept in the cache beside the kernel: whoever has the
// kernel need not have the tree it was built from. That a tree cannot be looked at is an error, and never "absent".

import { chmod, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { KernelFacts } from "../../artifacts.ts";
import { InfrastructureError } from "../../errors.ts";
import { cacheKey, type KeyInput, sha256 } from "../cache/cache-key.ts";
import type { Kind, Result } from "../cache/product.ts";
import type { KernelTree } from "../trees/kernel-source.ts";
import { exists, readIfThere } from "../work/files.ts";
import type { BuiltKernel } from "./kernel.ts";
import { featuresOf, kernelFeatures } from "./kernel-features.ts";
import { kselftestNames, kselftestsOf } from "./kselftests.ts";
import { ownTransport, ownTransportPattern, queuePairsPattern } from "./own-transport.ts";

/** In the result. */
const FACTS = "facts.json";
const SCRIPT = "decode_stacktrace.sh";

const factsSchema = z.object({
  source: z.string(),
  features: z.array(z.string()),
  tests: z.array(z.string()),
  ownTransport: z.string().optional(),
});

/** What a tree tells, as it is kept. */
interface SeenTree {
  readonly facts: z.output<typeof factsSchema>;
  readonly script: string | undefined;
}

export interface KernelFactsInputs {
  readonly kernel: BuiltKernel;
  /** What a live tree tells now; for a fixed one the kernel's key says all. */
  readonly seen: SeenTree | undefined;
}

export const kernelFactsKind: Kind<KernelFactsInputs> = {
  name: "kernel-facts",
  title: "Look up what the kernel can do",
  inputs: ({ kernel, seen }) => [
    ...[kernel.key, questions()],
    ...(seen === undefined ? [] : [JSON.stringify(seen.facts), sha256(seen.script ?? "")]),
  ],
  make: async (_cache, { kernel, seen }, into) => {
    const { facts, script } = seen ?? (await lookAtTree(kernel.inputs.source));
    await writeFile(join(into, FACTS), JSON.stringify(facts, null, 1));
    if (script === undefined) return;
    await writeFile(join(into, SCRIPT), script);
    await chmod(join(into, SCRIPT), 0o755);
  },
};

/** What has to be looked at in a live tree each time. */
export async function seenNow({ inputs }: BuiltKernel): Promise<SeenTree | undefined> {
  return inputs.source.fixed === undefined ? lookAtTree(inputs.source) : undefined;
}

export async function kernelFactsOf({ directory }: Result): Promise<KernelFacts> {
  const facts = factsSchema.parse(JSON.parse(await readFile(join(directory, FACTS), "utf8")));
  const script = join(directory, SCRIPT);
  return { ...facts, decodeScript: (await exists(script)) ? script : undefined };
}

/**
 * Looks at a kernel's source.
 *
 * @throws InfrastructureError when there is none at its place.
 */
export async function lookAtTree({ directory }: Pick<KernelTree, "directory">): Promise<SeenTree> {
  if (!/^VERSION *=/m.test((await readIfThere(join(directory, "Makefile"))) ?? "")) {
    throw new InfrastructureError(
      `what the kernel can do cannot be looked up: expected its source in ${directory}, and there is no Makefile with VERSION`,
    );
  }
  const transport = await ownTransport(directory);
  return {
    facts: {
      source: await realpath(directory),
      features: await featuresOf(directory),
      tests: await kselftestsOf(directory),
      ...(transport === undefined ? {} : { ownTransport: transport }),
    },
    script: await readIfThere(join(directory, "scripts", SCRIPT)),
  };
}

/** What is asked of every tree: other questions need other answers. */
function questions(): KeyInput {
  const features = Object.entries(kernelFeatures).map(([name, { file, pattern }]) => [
    ...[name, file, pattern.source],
  ]);
  const transports = [ownTransportPattern.source, queuePairsPattern.source];
  return cacheKey([features, kselftestNames, transports]);
}
