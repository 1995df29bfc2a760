// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type KernelModule, kernelModule, word } from "../scenario/kernel-module.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { machinesField, machinesMeant } from "../scenario/topology/graph-names.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

export interface LoadModulesEvidence {
  /** What /proc/modules had on each guest afterwards. */
  readonly loaded: Readonly<Record<MachineName, readonly string[]>>;
}

export const onSides = machinesField("The guests in which it happens.").default("both");

export function chosen(where: string, { topology }: VariantPlan): readonly MachineName[] {
  return machinesMeant(topology, where);
}

const loadSchema = z.strictObject({
  on: onSides,
  modules: z.array(kernelModule).min(1).describe("The modules, in the order of loading."),
});

/** What has to be there for modules to be loaded. */
export function neededModules(on: string, modules: readonly KernelModule[], plan: VariantPlan) {
  const names = modules.map(({ name }) => name);
  return Object.fromEntries(chosen(on, plan).map((machine) => [machine, names]));
}

function withParameters({ name, parameters }: KernelModule): string {
  return [name, ...Object.entries(parameters).map(([key, value]) => `${key}=${value}`)].join(" ");
}

/**
 * Shell lines that load modules in this order. What the kernel ignores of their parameters ends them: a parameter that the
 * module does not have, and all parameters of a module that is loaded already or built in.
 */
export function loadScript(modules: readonly KernelModule[]): string {
  return [watchParameters, ...modules.map(loadLines)].join("\n");
}

/** A module without parameters of its own; the kernel's command line may give it some. */
export function moduleNamed(name: string): KernelModule {
  return { name, parameters: {}, upstream: false };
}

/** The kernel says so in kernel/module/main.c, in `unknown_module_param_cb()`, and loads the module nevertheless. */
const watchParameters = `last=$(dmesg | tail -n 1)
heeded() {
  ignored=$(dmesg | LAST="$last" awk '
    $0 == ENVIRON["LAST"] { said = ""; next }
    /: unknown parameter .* ignored/ { sub(/^(\\[[^]]*\\])+ */, ""); said = said $0 "\\n" }
    END { printf "%s", said }')
  [ -z "$ignored" ] || { echo "$ignored; $1 has: $(modinfo -F parmtype "$2" | cut -d: -f1 | tr '\\n' ' ')" >&2; exit 1; }
}`;

function loadLines(module: KernelModule): string {
  const { name, parameters, upstream } = module;
  if (!upstream) {
    const first = Object.keys(parameters).length > 0 ? "--first-time " : "";
    return `modprobe ${first}${withParameters(module)}\nheeded ${name} ${name}`;
  }
  // modprobe goes by names alone: take the file by its path, and first what it depends on.
  return `file=$(find /lib/modules/$(uname -r)/kernel -name '${name.replaceAll(/[-_]/g, "[-_]")}.ko*')
[ -f "$file" ] || { echo "no module ${name} of the kernel's own below /lib/modules/$(uname -r)/kernel" >&2; exit 1; }
for needed in $(modinfo -F depends "$file" | tr , ' '); do modprobe "$needed"; done
${withParameters({ ...module, name: 'insmod "$file"' })}
heeded ${name} "$file"`;
}

export function loadCommands(
  params: z.output<typeof loadSchema>,
  plan: VariantPlan,
): GuestCommand[] {
  const script = ["set -eu", loadScript(params.modules), "cut -d' ' -f1 /proc/modules"].join("\n");
  const names = params.modules.map((module) => module.name).join(", ");
  return chosen(params.on, plan).map((on) => ({ on, what: `loading ${names}`, script }));
}

export const loadModules = defineStep({
  kind: "load-modules",
  summary: "loads kernel modules with their parameters, in the order given",
  schema: loadSchema,
  limitMs: () => 15_000,
  title: ({ modules }) =>
    `Load ${modules
      .map((module) => `${module.upstream ? "upstream's " : ""}${withParameters(module)}`)
      .join(", ")}`,
  needs: ({ on, modules }, plan) => neededModules(on, modules, plan),
  loads: ({ modules }) => modules,
  commands: loadCommands,
  run: async (params, context): Promise<LoadModulesEvidence> => {
    const outputs = await inGuests(context, loadCommands(params, context.plan));
    return readLoaded(chosen(params.on, context.plan), outputs);
  },
});

/** What /proc/modules had in each guest, from what its command printed. */
export function readLoaded(
  guests: readonly MachineName[],
  outputs: readonly string[],
): LoadModulesEvidence {
  const loaded = guests.map((machine, index) => [
    machine,
    (outputs[index] ?? "").trim().split("\n"),
  ]);
  return { loaded: Object.fromEntries(loaded) };
}

const unloadSchema = z.strictObject({
  on: onSides,
  modules: z.array(word).min(1).describe("Their names, in the order of unloading."),
});

export function unloadCommands(
  params: z.output<typeof unloadSchema>,
  plan: VariantPlan,
): GuestCommand[] {
  const script = ["set -eu", ...params.modules.map((name) => `rmmod ${name}`)].join("\n");
  const what = `unloading ${params.modules.join(", ")}`;
  return chosen(params.on, plan).map((on) => ({ on, what, script }));
}

export const unloadModules = defineStep({
  kind: "unload-modules",
  summary: "unloads kernel modules, in the order given",
  schema: unloadSchema,
  limitMs: () => 15_000,
  title: ({ modules }) => `Unload ${modules.join(", ")}`,
  commands: unloadCommands,
  run: async (params, context): Promise<Record<string, never>> => {
    await inGuests(context, unloadCommands(params, context.plan));
    return {};
  },
});
