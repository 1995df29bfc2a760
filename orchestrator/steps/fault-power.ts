// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type MachineName, machineOf } from "../scenario/topology/graph.ts";
import { linkField, machineField } from "../scenario/topology/graph-names.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { configure, configureCommand, wholeOf } from "./configure-function.ts";
import { interrupting, interruptionFields, workCommands, workFailure } from "./interruption.ts";
import { bringUpCommand, bringUpLink, functionDriver, type LinkEvidence } from "./link.ts";
import { awaitRemoval, endpointLoses, hostLoses, lossMeasures, lossOffers } from "./link-loss.ts";
import { measure } from "./measure.ts";
import type { LinkLoss } from "./offers.ts";
import { defineStep } from "./step-kind.ts";

export const killVm = defineStep({
  kind: "kill-vm",
  summary: "kills a VM with SIGKILL, as if its power failed, and waits until the other has noticed",
  schema: z
    .strictObject({
      vm: machineField("The VM that dies."),
      link: linkField,
      ...interruptionFields,
    })
    .refine(({ vm, during }) => during?.on !== vm, {
      error: "expected the VM that survives, where the work is under way",
      path: ["during", "on"],
    }),
  limitMs: () => 30_000,
  title: ({ vm }) => `Kill the ${vm} VM`,
  functions: ({ vm }, topology) => (isEndpoint(vm, topology) ? [undefined] : []),
  moves: ({ vm }) => [{ machine: vm }],
  commands: (params, plan) => [
    ...workCommands(params),
    ...(isEndpoint(params.vm, plan.topology) ? [awaitRemoval(plan, params.link)] : []),
  ],
  run: (params, context): Promise<LinkLoss> => {
    const { vm, link } = params;
    const survivorLoses = isEndpoint(vm, context.plan.topology) ? hostLoses : endpointLoses;
    const kill = () => context.lab.cutPower(vm);
    return interrupting(params, context, (since) => survivorLoses(context, since, kill, link));
  },
  failure: workFailure,
  measures: lossMeasures,
  offers: lossOffers,
});

function isEndpoint(machine: MachineName, topology: Pick<Topology, "machines">): boolean {
  return machineOf(topology, machine).role === "endpoint";
}

/** How a machine came back. */
export interface RestartEvidence {
  /** Milliseconds from the start of its QEMU until its guest answered. */
  readonly bootMs: number;
  /** How the host sees the function again; absent if it was not to be joined. */
  readonly link?: LinkEvidence;
}

export const restartVm = defineStep({
  kind: "restart-vm",
  summary: "boots a VM that was killed, and joins it to the other one, which keeps running",
  schema: z.strictObject({
    vm: machineField("The VM that was killed."),
    link: linkField,
    join: z
      .boolean()
      .default(true)
      .describe(
        "Whether it is joined to the other VM: the function is configured if the endpoint is new, the link trained, the driver bound.",
      ),
    driver: functionDriver,
  }),
  limitMs: () => 60_000,
  title: ({ vm }) => `Restart the ${vm} VM`,
  functions: ({ join }) => (join ? [undefined] : []),
  commands: ({ vm, link, join, driver }, plan) => [
    ...(join && isEndpoint(vm, plan.topology) ? [configureCommand(plan, wholeOf(link))] : []),
    ...(join ? [bringUpCommand(plan, driver, link)] : []),
  ],
  run: async ({ vm, link, join, driver }, context): Promise<RestartEvidence> => {
    const began = performance.now();
    await context.lab.restart(vm);
    const bootMs = performance.now() - began;
    if (!join) return { bootMs };
    context.progress("joining it to the other VM");
    if (isEndpoint(vm, context.plan.topology)) await configure(context, wholeOf(link));
    return { bootMs, link: await bringUpLink(driver, context, link) };
  },
  measures: [
    measure(
      "restart.boot",
      "ms",
      "lab",
      "from the start of the VM's QEMU until its guest answered",
      ({ bootMs }: RestartEvidence) => bootMs,
    ),
  ],
});
