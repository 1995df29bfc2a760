// SPDX-License-Identifier: MIT
import * as z from "zod";
import { duration, size } from "./size.ts";

const count = z.int().min(1);
const id16 = z.int().min(0).max(0xffff);
const setting = z.union([z.int(), z.string().regex(/^\S+$/)], {
  error: "expected a number or a word",
});

/** Properties of the emulated controller, by the names of the QEMU device's properties. */
const controller = z
  .strictObject({
    "wr-channels": count.max(8).default(4),
    "rd-channels": count.max(8).default(4),
    "ib-windows": count.max(32).default(16),
    "ob-windows": count.max(32).default(16),
    "atu-align": size.default(4096),
    "msi-vectors": count.max(32).default(16),
    msix: z.enum(["on", "off"]).default("off"),
  })
  .prefault({});

const machine = z
  .strictObject({
    memory: size.default(1 << 30),
    cpus: count.max(8).default(1),
    /** GICv3 with an ITS, or the older GICv2 with its MSI frame. */
    "interrupt-controller": z.enum(["gicv3-its", "gicv2m"]).default("gicv3-its"),
    "kernel-arguments": z.array(z.string()).default([]),
  })
  .prefault({});

/** The two machines and the controller between them. */
export const topologySchema = z
  .strictObject({
    cpu: z.string().default("cortex-a55"),
    host: machine,
    endpoint: machine,
    controller,
  })
  .prefault({});

/** What configfs is told about the endpoint function; `settings` go to the function driver's own group. */
export const functionSchema = z.strictObject({
  driver: z.string().default("pci_epf_vntb"),
  vendor: id16,
  device: id16,
  class: id16.default(0x0500),
  "msi-interrupts": z.int().min(0).max(32).default(16),
  settings: z.record(z.string(), setting).default({}),
});

/** Everything in a scenario file but its steps and checks, whose kinds bring their own schemas. */
export const scenarioFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected a name of lower-case letters, digits and dashes",
  }),
  title: z.string().min(1),
  description: z.string().default(""),
  timeout: duration.default(180_000),
  topology: topologySchema,
  function: functionSchema,
};

export type Topology = z.output<typeof topologySchema>;
export type EndpointFunction = z.output<typeof functionSchema>;

/** The fields that every step has, whatever its kind. */
export const commonStepFields = {
  /** Names the step's evidence for checks, and prefixes its metrics up to the first dot. */
  as: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .optional(),
  /** Time limit of this step, in place of the kind's own. */
  timeout: duration.optional(),
};

/** The fields that every check has, whatever its kind. */
export const commonCheckFields = {
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  title: z.string().min(1),
};

/** The schemas of the step and check kinds, by kind. This layer knows none of them itself. */
export interface Vocabulary {
  readonly steps: Readonly<Record<string, z.ZodObject>>;
  readonly checks: Readonly<Record<string, z.ZodObject>>;
  /** The steps that a check's fields name. */
  readonly references: (
    kind: string,
    params: Readonly<Record<string, unknown>>,
  ) => readonly StepReference[];
}

/** A step that a check names in one of its fields, and the kinds of which that step may be. */
export interface StepReference {
  readonly field: string;
  readonly id: string;
  readonly kinds: readonly string[];
}
