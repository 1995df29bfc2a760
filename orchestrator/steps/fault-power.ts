// SPDX-License-Identifier: MIT
import * as z from "zod";
import { roles } from "../lab/role.ts";
import { configure, configureCommand } from "./configure-function.ts";
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
    .strictObject({ vm: z.enum(roles).describe("The VM that dies."), ...interruptionFields })
    .refine(({ vm, during }) => during?.on !== vm, {
      error: "expected the VM that survives, where the work is under way",
      path: ["during", "on"],
    }),
  limitMs: () => 30_000,
  title: ({ vm }) => `Kill the ${vm} VM`,
  functions: ({ vm }) => (vm === "endpoint" ? [undefined] : []),
  commands: (params, plan) => [
    ...workCommands(params),
    ...(params.vm === "endpoint" ? [awaitRemoval(plan)] : []),
  ],
  run: (params, context): Promise<LinkLoss> => {
    const survivorLoses = params.vm === "endpoint" ? hostLoses : endpointLoses;
    const kill = () => context.lab.cutPower(params.vm);
    return interrupting(params, context, (since) => survivorLoses(context, since, kill));
  },
  failure: workFailure,
  measures: lossMeasures,
  offers: lossOffers,
});

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
    vm: z.enum(roles).describe("The VM that was killed."),
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
  commands: ({ vm, join, driver }, plan) => [
    ...(join && vm === "endpoint" ? [configureCommand(plan)] : []),
    ...(join ? [bringUpCommand(plan, driver)] : []),
  ],
  run: async ({ vm, join, driver }, context): Promise<RestartEvidence> => {
    const began = performance.now();
    await context.lab.restart(vm);
    const bootMs = performance.now() - began;
    if (!join) return { bootMs };
    context.progress("joining it to the other VM");
    if (vm === "endpoint") await configure(context);
    return { bootMs, link: await bringUpLink(driver, context) };
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
