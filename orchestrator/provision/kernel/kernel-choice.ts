// SPDX-License-Identifier: MIT
//
// What guests' kernels are to be made of, as a person chooses it.

import type { Guests } from "../../artifacts.ts";
import type { GuestArchitecture } from "../../guest-architectures.ts";
import { architecture } from "./choice/architecture.ts";
import { fragments, inOrder } from "./choice/config-fragments.ts";
import { crossCompile } from "./choice/cross-compile.ts";
import { debug } from "./choice/debug.ts";
import { llvm } from "./choice/llvm.ts";
import type { FlagValues, KernelFlags, KernelPart, KernelRecipe } from "./choice/part.ts";
import { patches } from "./choice/patches.ts";
import { source } from "./choice/source.ts";
import { upstreamPatches } from "./choice/upstream-patches.ts";

/** Everything that can be chosen. A new flag is a file of its own and a line here. */
const parts = {
  ...{ source, fragments, upstreamPatches, patches },
  ...{ debug, llvm, crossCompile, architecture },
} as const;
type Parts = typeof parts;

/** What a guest's kernel is to be made of. Paths are absolute. */
export type KernelChoice = { readonly [Field in keyof Parts]: Parts[Field]["pinned"] };

/** Both guests' kernels. */
export type KernelChoices = { readonly [Guest in keyof Guests]: KernelChoice };

export const choiceFields = Object.keys(parts) as readonly (keyof Parts)[];

/** The part of a field. A choice's value of that field is what it takes: the one place that relies on it. */
function partOf(field: keyof Parts): KernelPart<unknown, KernelFlags, never> {
  return parts[field] as unknown as KernelPart<unknown, KernelFlags, never>;
}

function eachField<Value>(make: (field: keyof Parts) => Value): Record<keyof Parts, Value> {
  return Object.fromEntries(choiceFields.map((field) => [field, make(field)])) as Record<
    keyof Parts,
    Value
  >;
}

/** How a bundle takes each field to another machine. */
export const travels = Object.fromEntries(
  choiceFields.map((field) => [field, parts[field].travels]),
) as { readonly [Field in keyof Parts]: Parts[Field]["travels"] };

/** The kernel that this project is made for. */
export const pinnedKernel = eachField((field) => parts[field].pinned) as KernelChoice;

export const pinnedKernels: KernelChoices = { host: pinnedKernel, endpoint: pinnedKernel };

/** The kernels that the cache keeps for the project itself. */
export function ownKernels(): readonly KernelChoice[] {
  const others = choiceFields.flatMap((field) =>
    (partOf(field).kept ?? []).map((value) => ({ ...pinnedKernel, [field]: value })),
  );
  return [pinnedKernel, ...others];
}

/** Whether two choices are the same kernel, which then is built once. */
export function sameChoice(one: KernelChoice, other: KernelChoice): boolean {
  return choiceIdentity(one) === choiceIdentity(other);
}

/** What tells a choice from others: all of its fields. */
export function choiceIdentity(choice: KernelChoice): string {
  return JSON.stringify(choiceFields.map((field) => canonical(choice[field])));
}

/** The same value however it was written down. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)]);
}

/** What a scenario asks for of the kernels that a person chose: the project's fragments and patches by name, and what the host is. */
export interface KernelWishes {
  readonly configFragments: readonly string[];
  readonly patches: readonly string[];
  readonly hostArchitecture: GuestArchitecture;
}

/** What tells wishes from others, in whatever order they were written down. */
export function wishesIdentity({
  configFragments,
  patches,
  hostArchitecture,
}: KernelWishes): string {
  return JSON.stringify([configFragments.toSorted(), patches, hostArchitecture]);
}

/** The same kernels with what a scenario asks for. */
export function withWishes(
  choices: KernelChoices,
  { configFragments, patches: wanted, hostArchitecture }: KernelWishes,
): KernelChoices {
  const also = (choice: KernelChoice) => ({
    ...choice,
    upstreamPatches: [...new Set([...choice.upstreamPatches, ...wanted])],
    fragments: inOrder([...configFragments, ...choice.fragments]),
  });
  const host = also(choices.host);
  return {
    host: hostArchitecture === "arm64" ? host : { ...host, architecture: hostArchitecture },
    endpoint: also(choices.endpoint),
  };
}

/** What provisioning builds a choice from. */
export function recipeOf(choice: KernelChoice): KernelRecipe {
  const given = choiceFields.map((field) => partOf(field).gives(choice[field]));
  const files = given.flatMap((one) => one.fragments ?? []);
  return {
    source: given.findLast((one) => one.source)?.source ?? source.pinned,
    ownPatches: given.flatMap((one) => one.ownPatches ?? []),
    patches: given.findLast((one) => one.patches !== undefined)?.patches,
    fragments: [...files.filter((one) => !one.given), ...files.filter((one) => one.given)],
    toolchain: Object.assign({}, ...given.map((one) => one.toolchain)),
  };
}

/** Files and directories of this machine that a choice names, and what stands for them elsewhere. */
export function placesOf(choice: KernelChoice) {
  return choiceFields.flatMap((field) => partOf(field).places(choice[field]));
}

/** By how much time limits have to be longer for these kernels. */
export function timeScaleOf(choices: KernelChoices): number {
  const scales = Object.values(choices).flatMap((choice) =>
    choiceFields.map((field) => partOf(field).timeScale?.(choice[field]) ?? 1),
  );
  return Math.max(...scales);
}

type Joined<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** The flags that say which tree a kernel is built from, and those that say the rest. */
export const sourceFlags = source.flags;
export const otherFlags: Joined<Parts[Exclude<keyof Parts, "source">]["flags"]> = Object.assign(
  {},
  ...choiceFields.filter((field) => field !== "source").map((field) => parts[field].flags),
);

export const kernelFlags = { ...sourceFlags, ...otherFlags };

export type KernelFlagValues = FlagValues<typeof kernelFlags>;

/** Environment variables that say more. */
export const kernelVariables = choiceFields.flatMap((field) => partOf(field).variable ?? []);

export interface Surroundings {
  /** Where relative paths begin. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Both guests' kernels as flags and environment ask for them.
 *
 * @throws UsageError for a tree that is not there and a word that is no kernel.
 */
export function readChoices(
  values: KernelFlagValues,
  { directory, env }: Surroundings,
): KernelChoices {
  const of = (guest: keyof Guests) =>
    eachField((field) => {
      const { read, variable } = partOf(field);
      const said = variable === undefined ? undefined : env[variable];
      return read({ values, variable: said, directory, guest });
    }) as KernelChoice;
  return { host: of("host"), endpoint: of("endpoint") };
}
