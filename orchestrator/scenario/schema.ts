// SPDX-License-Identifier: MIT
import * as z from "zod";
import { fragmentNames } from "../config-fragments.ts";
import { guestPrograms } from "../guest-programs.ts";
import { failsSchema } from "./expectation.ts";
import type { Graph, LinkEnds, Role } from "./graph.ts";
import { knownNoiseSchema } from "./known-noise.ts";
import { needsSchema } from "./needs.ts";
import { duration, size } from "./size.ts";
import { transportSchema } from "./transport.ts";

const count = z.int().min(1);
const id16 = z.int().min(0).max(0xffff);
/** The value of a file of configfs. */
export const setting = z.union([z.int(), z.string().regex(/^\S+$/)], {
  error: "expected a number or a word",
});

/** SoC profiles of the emulated controller: a test holds this list against the device's own. */
export const profiles = [
  "plat",
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
    "forgive-seed": z.int().min(0).max(0xffff_ffff).optional(),
  })
  .prefault({});

const machineFields = {
  memory: size.default(1 << 30),
  cpus: count.max(8).default(1),
  "interrupt-controller": z
    .enum(["gicv3-its", "gicv2m"])
    .default("gicv3-its")
    .describe("GICv3 with an ITS, or the older GICv2 with its MSI frame. A PC has its own."),
  "kernel-arguments": z.array(z.string()).default([]),
};

const endpointMachine = z.strictObject({
  machine: z
    .literal("virt", {
      error:
        'expected "virt", for endpoints are 64-bit Arm: on x86, pci-epf-vntb hands its own structure to pci_scan_bus(), which takes it for one of its own; a host can be a PC ("host: { machine: q35 }")',
    })
    .default("virt"),
  ...machineFields,
});

/** Kinds of cards that Linux's dw-edma-pcie knows: a test holds this list against the device's own. */
export const cardKinds = ["edda", "mdb", "cpm6"] as const;

/** Properties of the card, by the names of the QEMU device's properties. */
const card = z
  .strictObject({
    kind: z
      .enum(cardKinds)
      .describe(
        "Synopsys' EDDA, which describes an eDMA or an HDMA; Xilinx's MDB and CPM6, with HDMA.",
      ),
    "dma-map": z
      .enum(["edma-v0", "hdma-v0"])
      .optional()
      .describe("The engine's register map: by default eDMA's for edda, HDMA's for the others."),
    "wr-channels": count
      .max(8)
      .optional()
      .describe(
        "Channels in each direction: by default, and at most, 2 of edda and 8 of the others.",
      ),
    "rd-channels": count.max(8).optional(),
    "msi-vectors": z.int().min(0).max(32).optional(),
    "msix-vectors": z.int().min(0).max(2048).optional(),
    "forgive-abort-enable": z
      .boolean()
      .optional()
      .describe(
        "As of the controller, for the eDMA of edda: without it an abort interrupts nobody.",
      ),
    "forgive-posted-order": z
      .boolean()
      .optional()
      .describe(
        "On unless it is switched off: what the host writes to the card's memory is there at once. Off: a doorbell may overtake it, unless the host reads back.",
      ),
    "tells-memory": z
      .boolean()
      .optional()
      .describe(
        "Whether a card of Xilinx's says where its engine finds its memory; without it, the driver uses no lists.",
      ),
  })
  .optional()
  .describe(
    "A card with a DMA engine that the host drives by dw-edma-pcie, beside the endpoint's function.",
  );

/** Host machines: a board of 64-bit Arm, or a PC. */
export const hostMachines = ["virt", "q35"] as const;

const hostMachine = z.strictObject({
  machine: z
    .enum(hostMachines)
    .default("virt")
    .describe(
      "`virt` is 64-bit Arm as the endpoint is; `q35` is a PC (x86-64), with a kernel and an image of its own.",
    ),
  ...machineFields,
  card,
  iommu: z
    .enum(["none", "smmuv3", "intel"])
    .default("none")
    .describe(
      "An IOMMU that translates what PCIe functions do: Arm's for `virt`; Intel's, which remaps interrupts, too, for `q35`.",
    ),
  hotplug: z
    .enum(["auto", "pciehp", "rescan"])
    .default("auto")
    .describe(
      "How the host learns of the function: by its hot-plug driver, or told by the steps that bring the link up and take it down.",
    ),
});

/** Where a topology says what it says, from the topology on; for messages. */
interface Place {
  readonly at: readonly string[];
}
export type HostMachine = z.output<typeof hostMachine> & { readonly role: "host" } & Place;
export type EndpointMachine = z.output<typeof endpointMachine> & {
  readonly role: "endpoint";
} & Place;
export type Machine = HostMachine | EndpointMachine;
export type Controller = z.output<typeof controllerSchema>;

/** A link with the endpoint's controller at its end. */
export interface Link extends LinkEnds, Place {
  readonly controller: Controller;
}

const nodeName = z.string().regex(/^[a-z][a-z0-9-]*$/, {
  error: "expected a name of lower-case letters, digits and dashes",
});

const machines = z
  .record(
    nodeName,
    z.discriminatedUnion(
      "role",
      [
        z.strictObject({ role: z.literal("host"), ...hostMachine.shape }),
        z.strictObject({ role: z.literal("endpoint"), ...endpointMachine.shape }),
      ],
      { error: 'expected "host" or "endpoint"' },
    ),
  )
  .optional()
  .describe(
    "Machines by their names, where there are more than a `host` and an `endpoint`: each a host or an endpoint by its `role`, with the fields that these have.",
  );

const end = (role: Role) =>
  z.string({
    error: `expected the name of one machine with "role: ${role}", for a link has two ends; another machine there needs a link of its own`,
  });

const links = z
  .record(
    nodeName,
    z.strictObject({ host: end("host"), endpoint: end("endpoint"), controller: controllerSchema }),
  )
  .optional()
  .describe(
    "With `machines`: the PCIe links between them by their names, each with the endpoint's `controller` at its end.",
  );

/** As the virtual-time device knows them; a device test compares the lists. */
export const timingProfiles = ["r-car-s4"] as const;

/** What the device's property holds. */
export const largestSeed = 0x7fff_ffff;

/** Two machines and the controller between them, or any number of machines and the links that join them. */
const topologyFields = z.strictObject({
  cpu: z.string().default("cortex-a55"),
  host: hostMachine.optional(),
  endpoint: endpointMachine.optional(),
  controller: controllerSchema.unwrap().optional(),
  machines,
  links,
  "direct-network": z
    .boolean()
    .default(false)
    .describe(
      "An Ethernet between the two VMs that does not go over the PCIe link, with names `host` and `endpoint`.",
    ),
  "count-instructions": z
    .boolean()
    .default(false)
    .describe(
      "Both QEMUs count the instructions that their guests execute, which makes the guests slower.",
    ),
  time: z
    .enum(["wall", "virtual"])
    .default("wall")
    .describe(
      "What the guests' clocks go by: the wall clock, or one virtual time that instructions and the link take, as the timing profile says.",
    ),
  "timing-profile": z
    .enum(timingProfiles)
    .default("r-car-s4")
    .describe("With virtual time: the SoC whose link, CPU and DMA engine take their time."),
  seed: z
    .int()
    .min(0)
    .max(largestSeed)
    .default(0)
    .describe(
      "With virtual time: latencies of the link and steps of the DMA engine vary within the profile's bounds, the same way for the same seed; 0 varies nothing.",
    ),
});

/** Each of two ways to write a topology leaves out what is of the other. */
const eitherWay = topologyFields.superRefine((written, context) => {
  const { machines, links } = written;
  const told = (field: string, message: string) =>
    context.addIssue({ code: "custom", path: [field], message });
  if (machines === undefined && links === undefined) return;
  if (machines === undefined) told("links", 'expected "machines" beside "links", which join them');
  if (links === undefined) told("machines", 'expected "links" beside "machines", to join them');
  for (const field of ["host", "endpoint", "controller"] as const) {
    if (written[field] === undefined) continue;
    const place = field === "controller" ? "a link of its own" : '"machines"';
    told(field, `expected it under ${place}, for with "machines" and "links" all are named there`);
  }
});

/** A topology is a graph, however it is written. */
export const topologySchema = eitherWay
  .transform(({ host, endpoint, controller, machines, links, ...common }) => {
    if (machines && links) return { ...common, ...named(machines, links) };
    return { ...common, ...pair(host, endpoint, controller) };
  })
  .prefault({});

type Written = z.output<typeof topologyFields>;

function pair(
  host: Written["host"] = hostMachine.parse({}),
  endpoint: Written["endpoint"] = endpointMachine.parse({}),
  controller: Written["controller"] = controllerSchema.parse({}),
): Graph<Machine, Link> {
  return {
    machines: {
      host: { ...host, role: "host", at: ["host"] },
      endpoint: { ...endpoint, role: "endpoint", at: ["endpoint"] },
    },
    links: [{ name: "", host: "host", endpoint: "endpoint", controller, at: [] }],
  };
}

function named(
  machines: NonNullable<Written["machines"]>,
  links: NonNullable<Written["links"]>,
): Graph<Machine, Link> {
  return {
    machines: Object.fromEntries(
      Object.entries(machines).map(([name, one]) => [name, { ...one, at: ["machines", name] }]),
    ),
    links: Object.entries(links).map(([name, one]) => ({ name, ...one, at: ["links", name] })),
  };
}

/** A file of configfs, such as mw2_offset or nvme/portid; whether the kernel has it shows when it is written. */
export const attribute = z.string().regex(/^[\w.-]+(?:\/[\w.-]+)*$/, {
  error: "expected an attribute's name, or GROUP/NAME",
});

export const attributesSchema = z.record(attribute, setting).default({});

/** By what name steps call one of the scenario's `functions`. */
export const functionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected a name of lower-case letters, digits and dashes",
  })
  .optional();

/** What configfs is told about the endpoint function; `settings` go to the function driver's own group. */
export const functionSchema = z.strictObject({
  driver: z.string().default("pci_epf_vntb"),
  vendor: id16,
  device: id16,
  class: z
    .int()
    .min(0)
    .max(0xffffff)
    .default(0x0500)
    .describe(
      "Base class and sub-class, as 0x0500; or these and the programming interface, as 0x010802.",
    ),
  "msi-interrupts": z.int().min(0).max(32).default(16),
  "msix-interrupts": z.int().min(0).max(2048).default(0),
  attributes: attributesSchema.describe(
    "Attributes of the function's own directory beside those above; GROUP/NAME is one of a group inside.",
  ),
  settings: attributesSchema.describe(
    "Attributes of the driver's own group, whatever its name is.",
  ),
});

const variantName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
  error: "expected a name of lower-case letters, digits and dashes",
});
const overrides = z.record(z.string(), z.unknown());
const namedOverrides = z.record(z.string(), overrides);

/**
 * The variants of a scenario, by name. Each is the whole scenario with these fields laid over it: groups
 * merge, anything else replaces, null takes away. Steps go by their `as`, checks by their `id`.
 */
export const matrixSchema = z.record(
  variantName,
  z.strictObject({
    title: z.string().min(1),
    topology: overrides.optional(),
    function: overrides.optional(),
    functions: overrides.optional(),
    needs: overrides.optional(),
    transport: overrides.optional(),
    "known-noise": z.array(overrides).optional(),
    expect: z.enum(["pass", "fail"]).optional(),
    fails: overrides.optional(),
    report: z.string().optional(),
    steps: namedOverrides.optional(),
    checks: namedOverrides.optional(),
  }),
);

/** Everything in a scenario file but its steps and checks, whose kinds bring their own schemas. */
export const scenarioFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected a name of lower-case letters, digits and dashes",
  }),
  title: z.string().min(1),
  description: z.string().default(""),
  include: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(
      "Parts that this scenario is laid over: names of the project's own parts, or paths from this file.",
    ),
  timeout: duration.default(180_000),
  expect: z
    .enum(["pass", "fail"])
    .default("pass")
    .describe(
      "`fail`: a known bug. The run passes when it fails as `fails` describes, and in no other way.",
    ),
  fails: failsSchema.optional(),
  report: z
    .url({ error: "expected the address of a page" })
    .optional()
    .describe("Where the bug is reported."),
  "config-fragments": z
    .array(z.enum(fragmentNames))
    .default([])
    .describe(
      "What both guests' kernel is to have beyond what every kernel has: names of files in `guest-images/kernel`.",
    ),
  programs: z
    .array(z.enum(guestPrograms))
    .default([])
    .describe(
      "What both guests' image is to have beyond what every image has: names of directories in `guest-images/rootfs/extras`.",
    ),
  needs: needsSchema,
  topology: topologySchema,
  function: functionSchema.optional(),
  functions: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/), functionSchema)
    .default({})
    .describe("More endpoint functions, by the names that steps call them."),
  transport: transportSchema,
  "known-noise": knownNoiseSchema,
};

const variants = z
  .array(z.string())
  .min(1)
  .optional()
  .describe("The variants of the matrix that it belongs to; without this field, all.");

export type Topology = z.output<typeof topologySchema>;
export type EndpointFunction = z.output<typeof functionSchema>;

/** The fields that every step has, whatever its kind. */
export const commonStepFields = {
  as: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .optional()
    .describe(
      "Names the step for checks and reports; up to its first dot it is the prefix of the step's metrics.",
    ),
  timeout: duration.optional().describe("Time limit of this step, in place of the kind's own."),
  variants,
};

/** The fields that every check has, whatever its kind. */
export const commonCheckFields = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .describe("The check's name in reports."),
  title: z.string().min(1).describe("What it shows, in a line for people."),
  variants,
};

/** The schemas of the step and check kinds, by kind. This layer knows none of them itself. */
export interface Vocabulary {
  readonly steps: Readonly<Record<string, z.ZodObject>>;
  readonly checks: Readonly<Record<string, z.ZodObject>>;
  /** The steps that a check's fields name. */
  readonly references: (
    kind: string,
    params: Readonly<Record<string, unknown>>,
  ) => readonly StepReference[];
  /** The scenario's functions that a step is about: undefined is `function`, any other a name of `functions`. */
  readonly functions: (
    kind: string,
    params: Readonly<Record<string, unknown>>,
    topology: Topology,
  ) => readonly (string | undefined)[];
  /** What a step runs that the scenario's `programs` have to name. */
  readonly programs: (kind: string) => readonly string[];
}

/** A step that a check names in one of its fields, and the kinds of which that step may be: any, without `kinds`. */
export interface StepReference {
  readonly field: string;
  readonly id: string;
  readonly kinds?: readonly string[];
}
