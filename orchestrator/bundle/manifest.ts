// SPDX-License-Identifier: MIT
import * as z from "zod";
import { choiceFields, type KernelChoice, travels } from "../provision/kernel/kernel-choice.ts";
import { verdicts } from "../report/result.ts";
import { bundledPath, ways } from "./kernel-travel.ts";

const text = z.string();

type SchemaOf<Field extends keyof KernelChoice> = (typeof ways)[(typeof travels)[Field]]["schema"];

const kernelSchema = z.object({
  ...(Object.fromEntries(choiceFields.map((field) => [field, ways[travels[field]].schema])) as {
    readonly [Field in keyof KernelChoice]: SchemaOf<Field>;
  }),
  /** The final configuration; absent when the kernel could not be built. */
  config: bundledPath.optional(),
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
  schema: z.literal(2),
  scenario: text,
  /** The scenario's own file, and the directory of the parts that it includes by name. */
  file: bundledPath,
  parts: bundledPath,
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
