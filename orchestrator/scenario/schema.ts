// SPDX-License-Identifier: MIT
import * as z from "zod";
import { fragmentNames } from "../config-fragments.ts";
import { guestPrograms } from "../guest-programs.ts";
import { upstreamPatchNames } from "../upstream-patches.ts";
import { failsSchema } from "./expectation.ts";
import { functionSchema } from "./function.ts";
import { knownNoiseSchema } from "./known-noise.ts";
import { nearest } from "./nearest.ts";
import { needsSchema } from "./needs.ts";
import { duration } from "./size.ts";
import type { MachineName } from "./topology/graph.ts";
import { type Topology, topologySchema } from "./topology/topology.ts";
import { transportSchema } from "./transport.ts";

const variantName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
  error: "expected a name of lower-case letters, digits and dashes",
});
const overrides = z.record(z.string(), z.unknown());
const namedOverrides = z.record(z.string(), overrides);

/**
 * The variants of a scenario, by name. Each is the whole scenario with these fields laid over it: groups
 * merge, anything else replaces, null takes away. Steps go by their `as`, checks by their `id`.
 */
export const matrixSchema = z.record(
  variantName,
  z.strictObject({
    title: z.string().min(1),
    topology: overrides.optional(),
    function: overrides.optional(),
    functions: overrides.optional(),
    needs: overrides.optional(),
    transport: overrides.optional(),
    "known-noise": z.array(overrides).optional(),
    expect: z.enum(["pass", "fail"]).optional(),
    fails: overrides.optional(),
    report: z.string().optional(),
    steps: namedOverrides.optional(),
    checks: namedOverrides.optional(),
  }),
);

/** Editors are told of no names: each bug that is found adds one. */
const upstreamPatch = z.string().refine((name) => upstreamPatchNames.includes(name), {
  error: ({ input }) => {
    const near = nearest(String(input), upstreamPatchNames);
    return `expected the name of a patch in docs/upstream${near === undefined ? "" : ` (${near}?)`}`;
  },
});

/** Everything in a scenario file but its steps and checks, whose kinds bring their own schemas. */
export const scenarioFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected a name of lower-case letters, digits and dashes",
  }),
  title: z.string().min(1),
  description: z.string().default(""),
  include: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(
      "Parts that this scenario is laid over: names of the project's own parts, or paths from this file.",
    ),
  timeout: duration.default(180_000),
  expect: z
    .enum(["pass", "fail"])
    .default("pass")
    .describe(
      "`fail`: a known bug. The run passes when it fails as `fails` describes, and in no other way.",
    ),
  fails: failsSchema.optional(),
  report: z
    .url({ error: "expected the address of a page" })
    .optional()
    .describe("Where the bug is reported."),
  "config-fragments": z
    .array(z.enum(fragmentNames))
    .default([])
    .describe(
      "What both guests' kernel is to have beyond what every kernel has: names of files in `guest-images/kernel`.",
    ),
  patches: z
    .array(upstreamPatch)
    .default([])
    .describe(
      "What is on both guests' kernel: names of patches in `docs/upstream`, in this order. `--patches` come on top of them.",
    ),
  programs: z
    .array(z.enum(guestPrograms))
    .default([])
    .describe(
      "What both guests' image is to have beyond what every image has: names of directories in `guest-images/rootfs/extras`.",
    ),
  needs: needsSchema,
  topology: topologySchema,
  function: functionSchema.optional(),
  functions: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/), functionSchema)
    .default({})
    .describe("More endpoint functions, by the names that steps call them."),
  transport: transportSchema,
  "known-noise": knownNoiseSchema,
};

const variants = z
  .array(z.string())
  .min(1)
  .optional()
  .describe("The variants of the matrix that it belongs to; without this field, all.");

/** The fields that every step has, whatever its kind. */
export const commonStepFields = {
  as: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .optional()
    .describe(
      "Names the step for checks and reports; up to its first dot it is the prefix of the step's metrics.",
    ),
  timeout: duration.optional().describe("Time limit of this step, in place of the kind's own."),
  variants,
};

/** The fields that every check has, whatever its kind. */
export const commonCheckFields = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .describe("The check's name in reports."),
  title: z.string().min(1).describe("What it shows, in a line for people."),
  variants,
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
  /** The scenario's functions that a step is about: undefined is `function`, any other a name of `functions`. */
  readonly functions: (
    kind: string,
    params: Readonly<Record<string, unknown>>,
    topology: Topology,
  ) => readonly (string | undefined)[];
  /** Where a step puts functions. */
  readonly moves: (
    kind: string,
    params: Readonly<Record<string, unknown>>,
    topology: Topology,
  ) => readonly FunctionMove[];
  /** What a step runs that the scenario's `programs` have to name. */
  readonly programs: (kind: string) => readonly string[];
}

/** What becomes of an endpoint's functions by a step. */
export interface FunctionMove {
  readonly machine: MachineName;
  /** The function that it binds at a link: undefined is `function`, any other a name of `functions`. Without it, functions go. */
  readonly binds?: { readonly function: string | undefined; readonly link: string } | undefined;
}

/** A step that a check names in one of its fields, and the kinds of which that step may be: any, without `kinds`. */
export interface StepReference {
  readonly field: string;
  readonly id: string;
  readonly kinds?: readonly string[];
}
