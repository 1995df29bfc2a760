// SPDX-License-Identifier: MIT
import * as z from "zod";
import { roles } from "../scenario/topology/graph.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { defineCheck } from "./check-kind.ts";
import { evidenceOf, stepOf } from "./step-field.ts";

const names = z
  .array(z.string())
  .default([])
  .describe("Drivers by their names in sysfs; `name*` is any whose name begins so.");

const boundSchema = z
  .strictObject({
    of: stepOf("inspect"),
    on: machineField(
      "The machine that `drivers` is about, where there are more than two.",
    ).optional(),
    drivers: names,
    endpoint: names,
    host: names,
  })
  .refine(({ drivers, endpoint, host }) => drivers.length + endpoint.length + host.length > 0, {
    error:
      'expected a driver under "endpoint" or "host", or under "drivers" with the machine in "on"',
  })
  .refine(({ on, drivers }) => (on === undefined) === (drivers.length === 0), {
    error: 'expected both "on" and "drivers", or neither',
  });

export const driversBound = defineCheck({
  kind: "drivers-bound",
  summary: "the named drivers have bound a device; `ntb_transport*` is any whose name begins so",
  schema: boundSchema,
  judge: (params, findings) => {
    const devices = evidenceOf(findings, params.of, "inspect");
    const { on = "", drivers } = params;
    const named = [...roles.map((role) => [role, params[role]] as const), [on, drivers] as const];
    const wanted = named.flatMap(([machine, all]) => all.map((driver) => ({ machine, driver })));
    const has = ({ machine, driver }: { machine: string; driver: string }) =>
      devices[machine]?.bound.some((device) => isNamed(device.driver, driver)) === true;
    const text = (list: typeof wanted) => list.map((w) => `${w.machine} ${w.driver}`).join(", ");
    const missing = wanted.filter((driver) => !has(driver));
    return {
      measured: text(wanted.filter(has)) || "none",
      expected: text(wanted),
      reason: missing.length > 0 ? `no device is bound to: ${text(missing)}` : undefined,
    };
  },
});

function isNamed(driver: string, wanted: string): boolean {
  return wanted.endsWith("*") ? driver.startsWith(wanted.slice(0, -1)) : driver === wanted;
}

const channelsSchema = z.strictObject({
  of: stepOf("inspect"),
  on: machineField("The guest that has the channels."),
  bus: z.enum(["pci", "platform"]).describe("The bus of the device that they belong to."),
  min: z.int().min(1).default(1).describe("How many there have to be at least."),
});

export const dmaChannels = defineCheck({
  kind: "dma-channels",
  summary: "a device on the given bus offers dmaengine channels",
  schema: channelsSchema,
  judge: (params, findings) => {
    const devices = evidenceOf(findings, params.of, "inspect");
    const { bound = [], dma = [] } = devices[params.on] ?? {};
    const onBus = new Set(bound.filter((d) => d.bus === params.bus).map((d) => d.device));
    const channels = dma.filter((channel) => onBus.has(channel.device));
    const all = dma.map(({ channel, device }) => `${channel} of ${device}`).join(", ") || "none";
    return {
      measured: channels.length,
      expected: `at least ${params.min}`,
      unit: "channels",
      reason:
        channels.length < params.min
          ? `the ${params.on} has ${channels.length} dmaengine channels of a ${params.bus} device; all it has: ${all}`
          : undefined,
    };
  },
});
