// SPDX-License-Identifier: MIT
import * as z from "zod";
import {
  type LinkEnds,
  linkOf,
  type MachineName,
  portOf,
  type Role,
} from "../scenario/topology/graph.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { deviceIds } from "./arguments.ts";
import type { Machine } from "./machine.ts";
import type { QmpClient } from "./qmp.ts";
import { type ControllerStats, controllerStats } from "./stats.ts";

const linkState = z.enum(["down", "waiting", "up"]);
export type LinkState = z.output<typeof linkState>;

const abortsToCome = z.object({ write: z.int(), read: z.int() });

/** What may be wrong with a request of the engine's. Of writes, which are posted, no completion tells. */
export const dmaErrors = ["unsupported-request", "completer-abort", "timeout", "poisoned"] as const;
export type DmaError = (typeof dmaErrors)[number];

/** DMA elements that are to abort, or to be poisoned: `count` of them, each after `skip` that are let through. */
export interface PlannedAborts {
  readonly direction: "write" | "read";
  readonly error: DmaError;
  readonly count: number;
  readonly skip: number;
  /** Without it, whichever of the direction comes. */
  readonly channel?: number | undefined;
}

/** One end of a link: a machine, and which of its ports it is, counted from 0. */
export interface LinkEnd {
  readonly machine: Pick<Machine, "started">;
  readonly port: number;
}

/** A PCIe link between two VMs, as seen from the outside: the cable and the power button. */
export class PcieLink {
  readonly #ends: Readonly<Record<Role, LinkEnd>>;
  readonly #socket: string;
  /** What messages take, in microseconds; VMs and functions come and go. */
  readonly #latencies: Record<Role, number> = { endpoint: 0, host: 0 };

  constructor(ends: Readonly<Record<Role, LinkEnd>>, socket: string) {
    this.#ends = ends;
    this.#socket = socket;
  }

  get #endpoint(): QmpClient {
    return this.#ends.endpoint.machine.started.qmp;
  }

  get #host(): QmpClient {
    return this.#ends.host.machine.started.qmp;
  }

  get #function(): string {
    return deviceIds.function(this.#ends.host.port);
  }

  get #controllerPath(): string {
    return `/machine/peripheral/${deviceIds.controller(this.#ends.endpoint.port)}`;
  }

  /** Lets the link train, which the endpoint must have been configured for. */
  async train(): Promise<void> {
    await this.#set("latency-us", this.#latencies.endpoint);
    await this.#set("link-up", true);
  }

  /** Takes the link down; the host sees the function go, which `functionGone` awaits. */
  async drop(): Promise<void> {
    await this.#set("link-up", false);
  }

  /** Resolves when the host's function has gone, of which QEMU tells; listens from now on. */
  functionGone(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#host.onEvent(({ name, data }) => {
        if (name !== "DEVICE_DELETED" || data.device !== this.#function) return;
        stop();
        resolve();
      });
    });
  }

  /** Plugs the function that the endpoint presents into the host's root port. The link must have trained. */
  async attachFunction(): Promise<void> {
    await this.#host.execute("device_add", {
      driver: "dwc-pcie-function",
      id: this.#function,
      bus: deviceIds.rootPort(this.#ends.host.port),
      link: this.#socket,
      "latency-us": this.#latencies.host,
    });
  }

  /** From now on messages that a side sends take so long, to the microsecond. */
  async setLatency(from: Role, ms: number): Promise<void> {
    const value = Math.round(ms * 1000);
    this.#latencies[from] = value;
    if (from === "endpoint") await this.#set("latency-us", value);
    else if ((await this.state()) === "up") {
      const path = `/machine/peripheral/${this.#function}`;
      const property = { path, property: "latency-us", value };
      await this.#host.execute("qom-set", property);
    }
  }

  /** Has elements abort, or be poisoned, as they come; replaces what was asked of the same channels before. */
  async planAborts({ direction, error, count, skip, channel }: PlannedAborts): Promise<void> {
    const which = channel === undefined ? {} : { channel };
    await this.#set("aborts", { direction, error, count, skip, ...which });
  }

  /** How many planned aborts of a direction are still to come. */
  async abortsLeft(direction: PlannedAborts["direction"]): Promise<number> {
    return abortsToCome.parse(await this.#get("aborts"))[direction];
  }

  async state(): Promise<LinkState> {
    return linkState.parse(await this.#get("link-state"));
  }

  async stats(): Promise<ControllerStats> {
    return controllerStats.parse(await this.#get("stats"));
  }

  #get(property: string): Promise<unknown> {
    return this.#endpoint.execute("qom-get", { path: this.#controllerPath, property });
  }

  #set(property: string, value: unknown): Promise<unknown> {
    return this.#endpoint.execute("qom-set", { path: this.#controllerPath, property, value });
  }
}

/** All links of a topology, of which one is had by its name, or the only one. `socketOf` says where its endpoint listens. */
export function pcieLinks(
  topology: Pick<Topology, "links">,
  machine: (name: MachineName) => LinkEnd["machine"],
  socketOf: (link: LinkEnds) => string,
): (name?: string) => PcieLink {
  const links = new Map<string, PcieLink>();
  for (const link of topology.links) {
    const end = (role: Role): LinkEnd => ({
      machine: machine(link[role]),
      port: portOf(topology, link[role], link),
    });
    const ends = { host: end("host"), endpoint: end("endpoint") };
    links.set(link.name, new PcieLink(ends, socketOf(link)));
  }
  return (name) => {
    const found = links.get(linkOf(topology, name).name);
    if (!found) throw new Error(`the lab has no link "${name}"`);
    return found;
  };
}
