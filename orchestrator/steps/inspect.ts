// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import { type MachineName, namesOf } from "../scenario/topology/graph.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

/** A device and the driver that has bound it. */
export interface BoundDevice {
  readonly bus: string;
  readonly device: string;
  readonly driver: string;
}

/** A dmaengine channel and the device that it belongs to. */
export interface DmaChannel {
  readonly channel: string;
  readonly device: string;
}

export interface GuestDevices {
  readonly bound: readonly BoundDevice[];
  readonly dma: readonly DmaChannel[];
}

export type InspectEvidence = Readonly<Record<MachineName, GuestDevices>>;

const buses = ["platform", "pci", "pci-epf", "ntb", "ntb_transport"];

const script = `for bus in ${buses.join(" ")}; do
  for device in /sys/bus/$bus/devices/*; do
    [ -e "$device/driver" ] && echo "bound $bus $(basename "$device") $(basename "$(readlink "$device/driver")")"
  done
done
for channel in /sys/class/dma/*; do
  [ -e "$channel/device" ] && echo "dma $(basename "$channel") $(basename "$(readlink -f "$channel/device")")"
done
true`;

function commands(_params: unknown, { topology }: VariantPlan): GuestCommand[] {
  return namesOf(topology).map((on) => ({ on, what: "listing devices and drivers", script }));
}

export function parseDevices(text: string): GuestDevices {
  const rows = text.split("\n").map((line) => line.trim().split(" "));
  return {
    bound: rows.flatMap(([tag, bus, device, driver]) =>
      tag === "bound" && bus && device && driver ? [{ bus, device, driver }] : [],
    ),
    dma: rows.flatMap(([tag, channel, device]) =>
      tag === "dma" && channel && device ? [{ channel, device }] : [],
    ),
  };
}

export const inspect = defineStep({
  kind: "inspect",
  summary: "lists which drivers have bound which devices, and the dmaengine channels",
  schema: z.strictObject({}),
  limitMs: () => 15_000,
  title: () => "Look at drivers and DMA channels",
  commands,
  run: async (params, context): Promise<InspectEvidence> => {
    const asked = commands(params, context.plan);
    const outputs = await inGuests(context, asked);
    return Object.fromEntries(
      asked.map(({ on }, index) => [on, parseDevices(outputs[index] ?? "")]),
    );
  },
});
