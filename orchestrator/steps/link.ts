// SPDX-License-Identifier: MIT
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { functionOf, type VariantPlan } from "../scenario/plan.ts";
import type { EndpointFunction, Topology } from "../scenario/schema.ts";
import { loadScript, moduleNamed } from "./modules.ts";
import { defineStep, type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";

/** How the host sees the function after the link has come up. */
export interface LinkEvidence {
  readonly state: string;
  /** PCI address of the function in the host, such as 0000:01:00.0. */
  readonly address: string;
  readonly driver: string;
}

export const functionDriver = z
  .string()
  .default("ntb_hw_epf")
  .describe("The driver that has to bind the function in the host.");

/** Vendor and device id of a function as four hexadecimal digits each. */
export function functionIds({ vendor, device }: EndpointFunction): [string, string] {
  const hex = (id: number) => id.toString(16).padStart(4, "0");
  return [hex(vendor), hex(device)];
}

/** A shell function that leaves the directory of the function's device in `found`. */
export function findFunction(fn: EndpointFunction): string {
  const id = functionIds(fn)
    .map((digits) => `0x${digits}`)
    .join(":");
  return `find_function() {
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor"):$(cat "$device/device")" = "${id}" ] && { found=$device; return 0; }
  done
  return 1
}`;
}

/** Waits, inside the guest, for the function to appear by hot-plug, then for its driver to bind. */
function awaitFunctionScript(
  fn: EndpointFunction,
  driver: string,
  hotplug: Topology["host"]["hotplug"],
): string {
  return `set -eu
${findFunction(fn)}
${hotplug === "rescan" ? "echo 1 > /sys/bus/pci/rescan\n" : ""}until find_function; do sleep 0.05; done
${loadScript([moduleNamed(driver)])}
until [ -e "$found/driver" ]; do sleep 0.05; done
echo "$(basename "$found") $(basename "$(readlink "$found/driver")")"`;
}

export function bringUpCommand(
  plan: Pick<VariantPlan, "function" | "functions" | "topology">,
  driver: string,
): GuestCommand {
  return {
    on: "host",
    what: `waiting for the function to appear and ${driver} to bind it`,
    script: awaitFunctionScript(functionOf(plan), driver, plan.topology.host.hotplug),
  };
}

/** The part of the step's time that a driver of the endpoint's controller may take to answer a loss, before it trains again. */
const answersWithin = 0.5;
/** QEMU sends no event when a link has trained. */
const lookEveryMs = 10;

/** Waits for the link to train; if it does not, plugging the function in says why. */
async function trained({ lab, limitMs }: StepContext): Promise<void> {
  const until = performance.now() + limitMs * answersWithin;
  while ((await lab.link.state()) === "down" && performance.now() < until) {
    await pause(lookEveryMs, undefined, { signal: lab.signal });
  }
}

/** Trains the link, plugs the function into the host, and waits for its driver. */
export async function bringUpLink(driver: string, context: StepContext): Promise<LinkEvidence> {
  await context.lab.link.train();
  await trained(context);
  await context.lab.link.attachFunction();
  const found = await inGuest(context, bringUpCommand(context.plan, driver));
  const [address = "", bound = ""] = found.trim().split(" ");
  return { state: await context.lab.link.state(), address, driver: bound };
}

export const link = defineStep({
  kind: "link",
  summary:
    "trains the PCIe link and waits until the host has found the function and bound its driver",
  schema: z.strictObject({ driver: functionDriver }),
  limitMs: () => 20_000,
  title: ({ driver }) => `Train the link, bind ${driver}`,
  functions: () => [undefined],
  needs: ({ driver }) => ({ host: [driver] }),
  commands: ({ driver }, plan) => [bringUpCommand(plan, driver)],
  run: ({ driver }, context) => bringUpLink(driver, context),
});
