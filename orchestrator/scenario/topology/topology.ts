// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type Controller, controllerSchema } from "./controller.ts";
import { directNetworkField } from "./direct-network.ts";
import type { Graph, LinkEnds, Role } from "./graph.ts";
import { endpointMachine, hostMachine, type Machine, type Place } from "./machines.ts";

/** A link with the endpoint's controller at its end. */
export interface Link extends LinkEnds, Place {
  readonly controller: Controller;
}

/** Names are parts of the paths of sockets, which are short. */
export const longestNodeName = 24;

const nodeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, {
    error: "expected a name of lower-case letters, digits and dashes",
  })
  .max(longestNodeName, {
    error: `expected a name of at most ${longestNodeName} letters, for sockets are called by it`,
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
export const timingProfiles = ["r-car-s4", "rk3588"] as const;

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
  "direct-network": directNetworkField,
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
  cpuidle: z
    .boolean()
    .default(false)
    .describe(
      "With virtual time: CPUs that have been idle for long have no power and need time to wake, as the profile says and kernels have it by default. Without it they always execute at once, as where people who measure switch idle states off.",
    ),
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

export type Topology = z.output<typeof topologySchema>;
