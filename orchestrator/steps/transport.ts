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
import { defineStep, inGuests } from "./step-kind.ts";

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
    const modules = neededModules(params.on, modulesOf(params, plan));
    if (params.backend === "default") return modules;
    return Object.fromEntries(
      chosen(params.on).map((role) => [role, ["remote-edma", ...(modules[role] ?? [])]]),
    );
  },
  loads: modulesOf,
  commands: (params, plan) => loadCommands({ on: params.on, modules: modulesOf(params, plan) }),
  run: async (params, context): Promise<LoadModulesEvidence> => {
    const modules = modulesOf(params, context.plan);
    const outputs = await inGuests(context, loadCommands({ on: params.on, modules }));
    return readLoaded(chosen(params.on), outputs);
  },
});

const unloadSchema = z.strictObject({
  on: onSides,
  backend,
  clients: z.array(word).default([]).describe("What uses the transport, unloaded before it."),
});

function unloadAll(params: z.output<typeof unloadSchema>, { transport }: VariantPlan) {
  const modules = transportModules(transport, params.backend).map(({ name }) => name);
  return unloadCommands({ on: params.on, modules: [...params.clients, ...modules.reverse()] });
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
