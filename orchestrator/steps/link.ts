// SPDX-License-Identifier: MIT
import * as z from "zod";
import { rootPortAddress } from "../lab/arguments.ts";
import type { PcieLink } from "../lab/link.ts";
import type { EndpointFunction } from "../scenario/function.ts";
import { functionOf, type VariantPlan } from "../scenario/plan.ts";
import { type LinkEnds, linkOf, machineOf, portOf } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import type { HostMachine } from "../scenario/topology/machines.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { loadScript, moduleNamed } from "./modules.ts";
import { pause } from "./pause.ts";
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

/** The root port of a link, by its name in the host's sysfs. */
export function rootPortOf(topology: Topology, link: LinkEnds): string {
  return rootPortAddress(portOf(topology, link.host, link));
}

/** Where the host's kernel has the functions behind a root port. Services of the port have names that begin alike. */
export function functionsBehind(rootPort: string): string {
  return `/sys/bus/pci/devices/${rootPort}/*:*.[0-7]`;
}

/** How the link's host learns of functions. */
export function hotplugOf(topology: Topology, link: LinkEnds): HostMachine["hotplug"] {
  const host = machineOf(topology, link.host);
  if (host.role !== "host") throw new Error(`the machine "${link.host}" is no host`);
  return host.hotplug;
}

/** A shell function that leaves the directory of the function's device, behind this root port, in `found`. */
export function findFunction({ vendor, device }: EndpointFunction, rootPort: string): string {
  const id = [vendor, device].map((one) => `0x${one.toString(16).padStart(4, "0")}`).join(":");
  return `find_function() {
  for device in ${functionsBehind(rootPort)}; do
    [ -e "$device/vendor" ] || continue
    [ "$(cat "$device/vendor"):$(cat "$device/device")" = "${id}" ] && { found=$device; return 0; }
  done
  return 1
}`;
}

/** Waits, inside the guest, for the function to appear by hot-plug, then for its driver to bind. */
function awaitFunctionScript(
  fn: EndpointFunction,
  driver: string,
  topology: Topology,
  link: LinkEnds,
): string {
  return `set -eu
${findFunction(fn, rootPortOf(topology, link))}
${hotplugOf(topology, link) === "rescan" ? "echo 1 > /sys/bus/pci/rescan\n" : ""}until find_function; do sleep 0.05; done
${loadScript([moduleNamed(driver)])}
until [ -e "$found/driver" ]; do sleep 0.05; done
echo "$(basename "$found") $(basename "$(readlink "$found/driver")")"`;
}

export function bringUpCommand(
  plan: Pick<VariantPlan, "function" | "functions" | "topology">,
  driver: string,
  name?: string,
): GuestCommand {
  const link = linkOf(plan.topology, name);
  return {
    on: link.host,
    what: `waiting for the function to appear and ${driver} to bind it`,
    script: awaitFunctionScript(functionOf(plan), driver, plan.topology, link),
  };
}

/** The part of the step's time that a driver of the endpoint's controller may take to answer a loss, before it trains again. */
const answersWithin = 0.5;
/** QEMU sends no event when a link has trained. */
const lookEveryMs = 10;

/** Waits for the link to train; if it does not, plugging the function in says why. */
async function trained({ lab, limitMs }: StepContext, link: PcieLink): Promise<void> {
  const until = performance.now() + limitMs * answersWithin;
  while ((await link.state()) === "down" && performance.now() < until) {
    await pause(lab, lookEveryMs);
  }
}

/** Trains the link and plugs the function into the host. */
async function plugIn(context: StepContext, link: PcieLink): Promise<void> {
  await link.train();
  await trained(context, link);
  await link.attachFunction();
}

/** Waits for the function of a link that is up, and for its driver. */
async function boundBy(driver: string, context: StepContext, name?: string): Promise<LinkEvidence> {
  const found = await inGuest(context, bringUpCommand(context.plan, driver, name));
  const [address = "", bound = ""] = found.trim().split(" ");
  return { state: await context.lab.link(name).state(), address, driver: bound };
}

/** Trains the link, plugs the function into the host, and waits for its driver. */
export async function bringUpLink(
  driver: string,
  context: StepContext,
  name?: string,
): Promise<LinkEvidence> {
  await plugIn(context, context.lab.link(name));
  return boundBy(driver, context, name);
}

const schema = z.strictObject({
  link: linkField,
  driver: functionDriver,
  until: z
    .enum(["trained", "bound"])
    .default("bound")
    .describe(
      "How far: the link `trained`, and a host without `pciehp` has not looked at it yet, or the function `bound` by its driver. What is up already is left as it is.",
    ),
});

export const link = defineStep({
  kind: "link",
  summary:
    "trains the PCIe link and waits until the host has found the function and bound its driver",
  schema,
  limitMs: () => 20_000,
  title: ({ link: name, driver, until }) =>
    `Train the link${name === undefined ? "" : ` ${name}`}${until === "bound" ? `, bind ${driver}` : ""}`,
  functions: ({ until }) => (until === "bound" ? [undefined] : []),
  needs: ({ link: name, driver, until }, { topology }) =>
    until === "bound" ? { [linkOf(topology, name).host]: [driver] } : {},
  commands: ({ link: name, driver, until }, plan) =>
    until === "bound" ? [bringUpCommand(plan, driver, name)] : [],
  run: async (
    { link: name, driver, until },
    context,
  ): Promise<LinkEvidence | Pick<LinkEvidence, "state">> => {
    const found = context.lab.link(name);
    if ((await found.state()) !== "up") await plugIn(context, found);
    return until === "bound" ? boundBy(driver, context, name) : { state: await found.state() };
  },
});
