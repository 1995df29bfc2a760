// SPDX-License-Identifier: MIT
//
// Steps named `edma.ping` and `default.ping` measure the same of two things: what stands before the dot names them.
import type { RunResult } from "../../result.ts";

const titles: Readonly<Record<string, string>> = {
  edma: "remote eDMA",
  default: "default backend",
  virtio: "virtio network",
};

/** Those of a variant's steps, in the order of the steps. */
export function prefixesOf(
  { steps }: Pick<RunResult, "steps">,
  variant: string | undefined,
): string[] {
  const found = steps
    .filter((step) => step.variant === variant)
    .flatMap(({ id }) => /^([^.]+)\./.exec(withoutVariant(id, variant))?.[1] ?? []);
  return [...new Set(found)];
}

/** A metric's name without its variant, and without its prefix, which is empty where it has none. */
export function split(
  name: string,
  variant: string | undefined,
  prefixes: readonly string[],
): { readonly prefix: string; readonly rest: string } {
  const own = withoutVariant(name, variant);
  const prefix = prefixes.find((one) => own.startsWith(`${one}.`)) ?? "";
  return { prefix, rest: prefix === "" ? own : own.slice(prefix.length + 1) };
}

/** As a column or a curve is titled. */
export function prefixTitle(prefix: string): string {
  return prefix === "" ? "whole run" : (titles[prefix] ?? prefix);
}

function withoutVariant(name: string, variant: string | undefined): string {
  return variant !== undefined && name.startsWith(`${variant}.`)
    ? name.slice(variant.length + 1)
    : name;
}
