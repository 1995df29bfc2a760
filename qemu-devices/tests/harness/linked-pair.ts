// SPDX-License-Identifier: MIT
/**
 * An endpoint's and a host's QEMU joined by the link, without guest code: what a test does not do
 * does not happen.
 */
import { join } from "node:path";
import type { ControllerStats } from "../../../orchestrator/lab/stats.ts";
import { controllerStats } from "../../../orchestrator/lab/stats.ts";
import { makeTemporaryDirectory } from "../../../orchestrator/lab/temporary.ts";
import { EdmaRegisters } from "./edma.ts";
import { IatuRegisters } from "./iatu.ts";
import { traceMessages } from "./link-trace.ts";
import { Machine, type MachineOptions } from "./machine.ts";
import { RootComplex } from "./root-complex.ts";

/** A peer that falls silent is given up after five seconds; then the device has to go. */
const deletionDeadlineMs = 10_000;

/** Guest RAM of QEMU's `virt` machine starts here, in both VMs. */
export const ramBase = 0x4000_0000n;
/** The controller's default addresses (`qemu-devices/src/core/properties.c`). */
export const endpointMap = {
  dbi: 0x0b00_0000n,
  dbi2: 0x0b01_0000n,
  atu: 0x0b02_0000n,
  dma: 0x0b04_0000n,
  outbound: 0x60_0000_0000n,
} as const;

/** Global interrupt of DMA channel line 0; write channels come first. */
const dmaInterrupt = 32 + 176;
const gicDistributor = 0x0800_0000n;

const rootPort = 4;

export interface PairOptions extends MachineOptions {
  /** Of one of the two alone. */
  readonly hostArguments?: readonly string[];
  readonly endpointArguments?: readonly string[];
  /** The host tells of each message that it sends: `link-trace.ts`. */
  readonly hostMessages?: boolean;
}

/** The endpoint's QEMU and, once the link has trained, the host's. */
export class LinkedPair {
  readonly endpoint: Machine;
  readonly host: Machine;
  readonly rootComplex: RootComplex;
  readonly edma: EdmaRegisters;
  readonly iatu: IatuRegisters;
  readonly #directory: { path: string; remove: () => Promise<void> };
  readonly #writeChannels: number;

  private constructor(
    endpoint: Machine,
    host: Machine,
    directory: { path: string; remove: () => Promise<void> },
    writeChannels: number,
  ) {
    this.endpoint = endpoint;
    this.host = host;
    this.#directory = directory;
    this.#writeChannels = writeChannels;
    this.rootComplex = new RootComplex(host.bus, rootPort);
    this.edma = new EdmaRegisters(endpoint.bus, endpointMap.dma);
    this.iatu = new IatuRegisters(endpoint.bus, endpointMap.atu);
  }

  /** Both QEMUs, the link down. `properties` are the controller's. */
  static async start(
    properties: Readonly<Record<string, string | number>> = {},
    options: PairOptions = {},
  ) {
    const directory = await makeTemporaryDirectory();
    const given = Object.entries(properties).map(([name, value]) => `,${name}=${value}`);
    const device = `dwc-pcie-ep,id=ep,link=${join(directory.path, "link")}${given.join("")}`;
    const port = `pcie-root-port,id=rp0,chassis=1,slot=1,power_controller_present=off,addr=${rootPort}`;
    const machines: Machine[] = [];
    try {
      const endpoint = await Machine.start(
        "endpoint",
        directory.path,
        [...(options.endpointArguments ?? []), "-device", device],
        options,
      );
      machines.push(endpoint);
      const host = await Machine.start(
        "host",
        directory.path,
        [
          ...["-device", port, ...(options.hostArguments ?? [])],
          ...(options.hostMessages ? traceMessages(directory.path) : []),
        ],
        options,
      );
      machines.push(host);
      const writeChannels = Number(properties["wr-channels"] ?? 4);
      return new LinkedPair(endpoint, host, directory, writeChannels);
    } catch (error) {
      for (const machine of machines) await machine.stop();
      await directory.remove();
      throw error;
    }
  }

  /** Implements a 32-bit memory BAR of `size` bytes, as the endpoint's driver does through DBI2. */
  async implementBar(bar: number, size: number): Promise<void> {
    const register = BigInt(0x10 + bar * 4);
    await this.allowReadOnlyWrites(true);
    await this.endpoint.bus.writel(endpointMap.dbi2 + register, size - 1);
    await this.endpoint.bus.writel(endpointMap.dbi + register, 0);
    await this.allowReadOnlyWrites(false);
  }

  /** DBI_RO_WR_EN of MISC_CONTROL_1: whether the endpoint may write read-only configuration. */
  allowReadOnlyWrites(allowed: boolean): Promise<void> {
    return this.endpoint.bus.writel(endpointMap.dbi + 0x8bcn, allowed ? 1 : 0);
  }

  /** Trains the link and plugs the function in; the host assigns BARs and lets it master the bus. */
  async linkUp() {
    await this.train();
    await this.rootComplex.openRootPort();
    return this.rootComplex.assignBars();
  }

  async train(): Promise<void> {
    await this.setLink(true);
    await this.plugFunction();
  }

  /** Where the endpoint listens for the function. */
  get linkPath(): string {
    return join(this.#directory.path, "link");
  }

  async plugFunction(): Promise<void> {
    await this.host.qmp.execute("device_add", {
      driver: "dwc-pcie-function",
      id: "fn0",
      bus: "rp0",
      link: this.linkPath,
    });
  }

  /** Resolves when the host's QEMU has let go of the function that is plugged now. */
  functionDeleted(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the function was not deleted within ${deletionDeadlineMs} ms`)),
        deletionDeadlineMs,
      );
      const stopListening = this.host.qmp.onEvent((event) => {
        if (event.name !== "DEVICE_DELETED" || event.data.device !== "fn0") return;
        clearTimeout(timer);
        stopListening();
        resolve();
      });
      void this.host.process.exited.then(() => {
        clearTimeout(timer);
        reject(new Error("the host's QEMU ended before it deleted the function"));
      });
    });
  }

  async setLink(up: boolean): Promise<void> {
    await this.endpoint.qmp.execute("qom-set", {
      path: "/machine/peripheral/ep",
      property: "link-up",
      value: up,
    });
  }

  async linkState(): Promise<unknown> {
    return this.property("link-state");
  }

  async stats(): Promise<ControllerStats> {
    return controllerStats.parse(await this.property("stats"));
  }

  /** Whether the channel's interrupt line to the endpoint's GIC is high (GICD_ISPENDR). */
  async line(direction: "write" | "read", channel: number): Promise<boolean> {
    const first = direction === "read" ? this.#writeChannels : 0;
    return this.spi(first + channel);
  }

  /** Whether the controller's interrupt line of this number is high. */
  async spi(number: number): Promise<boolean> {
    const interrupt = dmaInterrupt + number;
    const register = gicDistributor + 0x200n + BigInt(Math.floor(interrupt / 32) * 4);
    const pending = await this.endpoint.bus.readl(register);
    return ((pending >>> (interrupt % 32)) & 1) === 1;
  }

  async stop(): Promise<void> {
    await this.host.stop();
    await this.endpoint.stop();
    await this.#directory.remove();
  }

  /** A property of the controller, as QMP gives it. */
  property(property: string): Promise<unknown> {
    return this.endpoint.qmp.execute("qom-get", { path: "/machine/peripheral/ep", property });
  }
}
