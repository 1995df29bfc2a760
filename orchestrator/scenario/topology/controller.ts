// SPDX-License-Identifier: MIT
import * as z from "zod";
import { size } from "../size.ts";

const count = z.int().min(1);

/** SoC profiles of the emulated controller: a test holds this list against the device's own. */
export const profiles = [
  "plat",
  "imx8mq",
  "imx95",
  "keembay",
  "r-car-s4",
  "rk3568",
  "rk3588",
  "sa8775p",
  "stm32mp25",
  "uniphier-nx1",
] as const;

/** Functions that a profile's controller can have; 1 where none is given. The same test holds these against the device's own. */
export const functionsOfProfile: Readonly<Partial<Record<(typeof profiles)[number], number>>> = {
  "r-car-s4": 2,
};

/** Channels of both directions whose interrupts a profile's glue lets through; without a number, all. A device test holds this, too. */
export const channelsOfProfile: Readonly<Partial<Record<(typeof profiles)[number], number>>> = {
  keembay: 8,
};

/** Whether the controller forgives a driver what silicon does not: the table in qemu-devices/README.md. */
const forgiven = z.enum(["on", "off"]);
const perhapsForgiven = z.enum(["on", "off", "random"]);

/**
 * Properties of the emulated controller, by the names of the QEMU device's properties, and with their defaults: a test holds these
 * against the device's own.
 */
export const controllerSchema = z
  .strictObject({
    profile: z
      .enum(profiles)
      .default("plat")
      .describe(
        "Which controller's glue is modelled: upstream's platform glue (six BARs, MSI, MSI-X), or an SoC's with its limits. The table in qemu-devices/README.md has them.",
      ),
    "wr-channels": z
      .int()
      .min(0)
      .max(8)
      .optional()
      .describe(
        "The engine's channels in each direction; none at all in both is a controller without an engine. Four, but where the profile has its own number.",
      ),
    "rd-channels": z.int().min(0).max(8).optional(),
    "dma-map": z
      .enum(["edma-v0", "hdma-v0"])
      .optional()
      .describe(
        "The engine's register map: eDMA, or HDMA, which only the driver of the profile sa8775p looks for. As the profile has it.",
      ),
    "memcpy-engine": z
      .boolean()
      .default(false)
      .describe(
        "A memory-to-memory engine in the endpoint VM, for users of DMA_MEMCPY, which dw-edma does not offer.",
      ),
    "msi-doorbells": z
      .boolean()
      .default(false)
      .describe(
        "The endpoint's own interrupt controller takes doorbells: its node names the ITS as its MSI parent.",
      ),
    "resizable-bars": z.boolean().default(false),
    dma: z
      .enum(["coherent", "non-coherent"])
      .default("coherent")
      .describe(
        "`non-coherent`: the controller's node does not say `dma-coherent`, so that the endpoint's kernel maintains caches for it.",
      ),
    "dma-offset": size
      .optional()
      .describe(
        "The controller sees its RAM so much further up than its CPUs do, a multiple of 64 KiB, and the device tree says so (`dma-ranges`). An address that was not mapped for DMA leads nowhere.",
      ),
    "ib-windows": count.max(32).default(16),
    "ob-windows": count.max(32).default(16),
    "atu-align": size.default(4096),
    "msi-vectors": count.max(32).default(32),
    functions: count
      .max(8)
      .default(1)
      .describe("How many functions the controller has; each is there for the host, made or not."),
    msix: z.enum(["on", "off"]).default("on").describe("Whether there is an MSI-X capability."),
    "forgive-late-doorbell": perhapsForgiven
      .optional()
      .describe(
        "A doorbell of a DMA channel at work is taken when the channel has come to rest, and not lost. The fields that begin with `forgive-` say what of a driver's mistakes the controller lets pass though silicon does not; `random` is by `forgive-seed`.",
      ),
    "forgive-stale-element": perhapsForgiven
      .optional()
      .describe("The element behind the one that a DMA channel is at is not fetched ahead."),
    "forgive-abort-enable": forgiven
      .optional()
      .describe(
        "An abort in a list interrupts the endpoint's CPUs, too, when only the message to the host is enabled, as dw-edma has it.",
      ),
    "forgive-link-cycle": forgiven
      .optional()
      .describe(
        "On unless it is switched off: the first link element after a doorbell is taken whatever its cycle bit, as dw-edma needs it.",
      ),
    "forgive-bar-match": forgiven
      .optional()
      .describe("The target of an inbound region need not be aligned to the BAR that it matches."),
    "forgive-read-only": forgiven
      .optional()
      .describe("DBI_RO_WR_EN opens every bit of configuration space."),
    "forgive-outbound-read": forgiven
      .optional()
      .describe(
        "On unless it is switched off: an outbound read of the endpoint's CPUs that nobody answers gives all ones. Off: it is an error, an external abort, until the driver says otherwise.",
      ),
    "forgive-joined-events": forgiven
      .optional()
      .describe(
        "On unless it is switched off: events of the link are shown to the driver one after the other. Off: those that come together are there together. Of the profile sa8775p alone.",
      ),
    "forgive-region-change": perhapsForgiven
      .optional()
      .describe(
        "On unless it is switched off: a write to the outbound window leaves at once. Off: for a moment, or until the endpoint reads there, it is on its way, and goes where an iATU region that changes meanwhile leads it. Only of what is not the host's RAM.",
      ),
    "forgive-payload": forgiven
      .optional()
      .describe(
        "What the engine writes arrives though the function's payloads (its Max_Payload_Size) are longer than the host's port takes. Otherwise the port finds it malformed, and drops it.",
      ),
    "forgive-posted-order": forgiven
      .optional()
      .describe(
        "On unless it is switched off: what the host writes to the endpoint's memory is there before the doorbell behind it. Off: for a moment, or until the host reads there, it is on its way. Slow.",
      ),
    "forgive-seed": z.int().min(0).max(0xffff_ffff).optional(),
  })
  .prefault({});

export type Controller = z.output<typeof controllerSchema>;
