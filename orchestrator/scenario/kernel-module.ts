// SPDX-License-Identifier: MIT
import * as z from "zod";

/** The name of a kernel module, or of one of its parameters. */
export const word = z
  .string()
  .regex(/^[\w-]+$/, { error: "expected a name such as ntb_netdev" })
  .meta({ title: "name" });

export const moduleParameters = z
  .record(word, z.union([z.int(), z.string().regex(/^\S+$/)]))
  .default({})
  .describe("Its parameters by name; one that the module does not have fails the step.");

/** A kernel module to be loaded. */
export const kernelModule = z.strictObject({
  name: word.describe("The module's name."),
  parameters: moduleParameters,
  upstream: z
    .boolean()
    .default(false)
    .describe(
      "Whether to take the file that came with the kernel, not this project's of that name.",
    ),
});
export type KernelModule = z.output<typeof kernelModule>;
