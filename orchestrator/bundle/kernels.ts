// SPDX-License-Identifier: MIT
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { KernelArtifacts } from "../artifacts.ts";
import type { KernelSource, Travels } from "../provision/kernel/choice/part.ts";
import { choiceFields, type KernelChoice, travels } from "../provision/kernel/kernel-choice.ts";
import { type Packing, type Unpacking, ways } from "./kernel-travel.ts";
import type { BundledKernel } from "./manifest.ts";

/** How a field travels. What it takes is a choice's value of that field: the one place that relies on it. */
function wayOf(field: keyof KernelChoice) {
  return ways[travels[field] as keyof Travels] as unknown as {
    readonly pack: (value: unknown, to: Packing) => Promise<unknown>;
    readonly unpack: (bundled: unknown, from: Unpacking) => unknown;
  };
}

/** Copies what a guest's kernel was made of into `top/kernel/ROLE`, as far as it is not in some archive. */
export async function copyKernel(
  choice: KernelChoice,
  built: KernelArtifacts | undefined,
  role: string,
  top: string,
): Promise<BundledKernel> {
  const place = `kernel/${role}`;
  await mkdir(join(top, place), { recursive: true });
  const packed: Record<string, unknown> = {};
  for (const field of choiceFields) {
    packed[field] = await wayOf(field).pack(choice[field], { top, place, built });
  }
  if (built) {
    packed.config = `${place}/config`;
    await copyFile(built.config, join(top, place, "config"));
  }
  return packed as BundledKernel;
}

/**
 * The choice that makes a bundled kernel again, from the unpacked bundle in `top`.
 *
 * @throws UsageError where it was built from a tree, and none is given.
 */
export function choiceOf(
  kernel: BundledKernel,
  role: string,
  top: string,
  tree: KernelSource | undefined,
): KernelChoice {
  const fields = choiceFields.map((field) => [
    field,
    wayOf(field).unpack(kernel[field], { top, role, tree }),
  ]);
  return Object.fromEntries(fields) as KernelChoice;
}
