// SPDX-License-Identifier: MIT
import * as z from "zod";
import { staysBelow } from "../provision/work/inside-directory.ts";
import { verdicts } from "../report/result.ts";

const text = z.string();
/** A file in the bundle, from its top. */
const path = z.string().refine(staysBelow, { error: "expected a path inside the bundle" });

const kernelSchema = z.object({
  source: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("debian"), series: text }),
    /** A person's own tree: its state in words, and what was changed on top of its commit. */
    z.object({ kind: z.literal("tree"), state: text, changes: path.optional() }),
  ]),
  debug: z.boolean(),
  llvm: z.boolean(),
  /** Of LLVM's tools, as the kernel's make takes it: `-19`. */
  llvmVersion: text.optional(),
  crossCompile: text.optional(),
  fragments: z.array(path),
  /** Files of patches, or the message id that was given. */
  patches: z.union([z.object({ path }), z.object({ message: text })]).optional(),
  /** The final configuration; absent when the kernel could not be built. */
  config: path.optional(),
});

export const machineSchema = z.object({
  architecture: text,
  processors: text,
  memory: text,
  system: text,
  node: text,
});

/** The file bundle.json: everything that replay needs to know, in relation to the other files. */
export const manifestSchema = z.object({
  schema: z.literal(1),
  scenario: text,
  /** The scenario's own file, and the directory of the parts that it includes by name. */
  file: path,
  parts: path,
  /** Flags that say how it was run, without those for kernels. */
  flags: z.array(text),
  kernels: z.object({ host: kernelSchema, endpoint: kernelSchema }),
  started: text,
  verdict: z.enum(verdicts),
  exitStatus: z.int(),
  fingerprint: text.optional(),
  versions: z.record(z.string(), z.string()),
  accelerator: text,
  machine: machineSchema,
});

export type Manifest = z.output<typeof manifestSchema>;
export type BundledKernel = z.output<typeof kernelSchema>;
export type Machine = z.output<typeof machineSchema>;

/** Name of the manifest in a bundle. */
export const manifestFile = "bundle.json";
