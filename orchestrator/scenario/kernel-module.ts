// SPDX-License-Identifier: MIT
import * as z from "zod";

/** The name of a kernel module, or of one of its parameters. */
export const word = z.string().regex(/^[\w-]+$/, { error: "expected a name such as ntb_netdev" });

export const moduleParameters = z
  .record(word, z.union([z.int(), z.string().regex(/^\S+$/)]))
  .default({});

/** A kernel module to be loaded. */
export const kernelModule = z.strictObject({
  name: word,
  parameters: moduleParameters,
  /** The file that came with the kernel, though one of the same name among the updates would go first. */
  upstream: z.boolean().default(false),
});
export type KernelModule = z.output<typeof kernelModule>;
