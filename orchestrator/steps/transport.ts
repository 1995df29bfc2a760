// SPDX-License-Identifier: MIT
import * as z from "zod";
import { kernelModule, moduleParameters, word } from "../scenario/kernel-module.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { backends, transportModules } from "../scenario/transport.ts";
import {
  chosen,
  type LoadModulesEvidence,
  loadCommands,
  neededModules,
  onSides,
  readLoaded,
  unloadCommands,
} from "./modules.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";
import { untilTrue } from "./wait-until.ts";

const backend = z.enum(backends).describe("Which of the scenario's `transport` it is.");

const loadSchema = z.strictObject({
  on: onSides,
  backend,
  parameters: moduleParameters.describe(
    "Parameters of the transport's last module, beside those that the scenario's `transport` gives it.",
  ),
  clients: z.array(kernelModule).default([]).describe("What uses the transport, loaded behind it."),
});
type Load = z.output<typeof loadSchema>;

function modulesOf({ backend, parameters, clients }: Load, { transport }: VariantPlan) {
  const modules = transportModules(transport, backend);
  const last = modules.length - 1;
  return [
    ...modules.map((module, index) =>
      index === last ? { ...module, parameters: { ...module.parameters, ...parameters } } : module,
    ),
    ...clients,
  ];
}

export const loadTransport = defineStep({
  kind: "load-transport",
  summary:
    "loads the transport with a backend, as the scenario's `transport` says, and its clients",
  schema: loadSchema,
  limitMs: () => 15_000,
  title: ({ backend, clients }) =>
    `Load the transport, ${backend} backend${clients.map(({ name }) => `, ${name}`).join("")}`,
  needs: (params, plan) => {
    const modules = neededModules(params.on, modulesOf(params, plan), plan);
    const { symbols } = plan.transport;
    const first = params.backend === "default" ? symbols : ["remote-edma", ...symbols];
    return Object.fromEntries(
      chosen(params.on, plan).map((machine) => [machine, [...first, ...(modules[machine] ?? [])]]),
    );
  },
  loads: modulesOf,
  commands: (params, plan) => [
    ...loadCommands({ on: params.on, modules: modulesOf(params, plan) }, plan),
    ...readyCommands(params, plan),
  ],
  run: async (params, context): Promise<LoadModulesEvidence> => {
    const modules = modulesOf(params, context.plan);
    const outputs = await inGuests(context, loadCommands({ on: params.on, modules }, context.plan));
    // Of all at once: one side alone may have nobody to become ready with.
    await inGuests(context, readyCommands(params, context.plan));
    return readLoaded(chosen(params.on, context.plan), outputs);
  },
});

/** Waits inside the guest for what the scenario says. What it printed last is told where that does not come. */
function readyCommands({ on }: Load, plan: VariantPlan): GuestCommand[] {
  const { ready } = plan.transport;
  if (ready === undefined) return [];
  const what = `waiting for the transport to be ready (${ready.trim().split("\n")[0]})`;
  return chosen(on, plan).map((machine) => ({ on: machine, what, script: untilTrue(ready) }));
}

const unloadSchema = z.strictObject({
  on: onSides,
  backend,
  clients: z.array(word).default([]).describe("What uses the transport, unloaded before it."),
});

function unloadAll(params: z.output<typeof unloadSchema>, plan: VariantPlan) {
  const { transport } = plan;
  const modules = transportModules(transport, params.backend).map(({ name }) => name);
  const all = { on: params.on, modules: [...params.clients, ...modules.reverse()] };
  const commands = unloadCommands(all, plan);
  return commands.map((command) => ({
    ...command,
    script: [unbindScript(transport.unbind), command.script].filter(Boolean).join("\n"),
  }));
}

/** Takes all devices from these drivers. A driver that is not there is told: nothing was unbound then. */
function unbindScript(drivers: readonly string[]): string {
  if (drivers.length === 0) return "";
  return `set -eu
for name in ${drivers.join(" ")}; do
  set -- /sys/bus/*/drivers/$name
  [ -d "$1" ] || { echo "no driver $name is there to unbind a device of" >&2; exit 1; }
  for driver in "$@"; do
    for device in "$driver"/*; do
      [ -L "$device" ] && [ -e "$device/driver" ] || continue
      echo "\${device##*/}" > "$driver/unbind"
    done
  done
done`;
}

export const unloadTransport = defineStep({
  kind: "unload-transport",
  summary: "unloads the clients and then the transport that load-transport has loaded",
  schema: unloadSchema,
  limitMs: () => 15_000,
  title: ({ clients }) => `Unload ${[...clients, "the transport"].join(", ")}`,
  commands: unloadAll,
  run: async (params, context): Promise<Record<string, never>> => {
    await inGuests(context, unloadAll(params, context.plan));
    return {};
  },
});
