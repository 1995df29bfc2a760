// SPDX-License-Identifier: MIT
/**
 * An endpoint's and a host's QEMU joined by the link, without guest code: what a test does not do
 * does not happen.
 */
import { join } from "node:path";
import { inject } from "vitest";
import { type QemuProcess, startQemu } from "../../../orchestrator/lab/qemu.ts";
import { listenForQmp, QmpClient } from "../../../orchestrator/lab/qmp.ts";
import type { ControllerStats } from "../../../orchestrator/lab/stats.ts";
import { controllerStats } from "../../../orchestrator/lab/stats.ts";
import { makeTemporaryDirectory } from "../../../orchestrator/lab/temporary.ts";
import { EdmaRegisters } from "./edma.ts";
import { IatuRegisters } from "./iatu.ts";
import { type Qtest, QtestListener } from "./qtest.ts";
import { RootComplex } from "./root-complex.ts";

const startDeadlineMs = 10_000;

/** Guest RAM of QEMU's `virt` machine starts here, in both VMs. */
export const ramBase = 0x4000_0000n;
const ramSize = "64M";

/** The controller's default addresses (`qemu-devices/src/controller.c`). */
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

/** One QEMU under a test's control. */
export class Machine {
  readonly process: QemuProcess;
  readonly qmp: QmpClient;
  readonly bus: Qtest;

  constructor(process: QemuProcess, qmp: QmpClient, bus: Qtest) {
    this.process = process;
    this.qmp = qmp;
    this.bus = bus;
  }

  static async start(name: string, directory: string, args: readonly string[]): Promise<Machine> {
    const { binary, moduleDir } = inject("artifacts").qemu;
    const stop = AbortSignal.timeout(startDeadlineMs);
    const qtestListener = await QtestListener.listen(join(directory, `${name}.qtest`));
    const qmpListener = await listenForQmp(join(directory, `${name}.qmp`));
    const process = startQemu({
      name,
      binary,
      args: [
        ...["-nodefaults", "-no-user-config", "-display", "none"],
        ...["-accel", "qtest", "-qtest", `unix:${qtestListener.path}`, "-qtest-log", "/dev/null"],
        ...["-qmp", `unix:${join(directory, `${name}.qmp`)}`],
        ...["-object", `memory-backend-memfd,id=ram,size=${ramSize},share=on`],
        ...["-machine", "virt,gic-version=3,its=on,memory-backend=ram", "-m", ramSize],
        ...args,
      ],
      env: { QEMU_MODULE_DIR: moduleDir },
      consoleLog: join(directory, `${name}-console.log`),
      qemuLog: join(directory, `${name}-qemu.log`),
    });
    try {
      const ended = process.exited.then(() => {
        throw new Error("it ended");
      });
      const connect = async () => {
        const [bus, socket] = await Promise.all([
          qtestListener.accept(stop),
          qmpListener.connected,
        ]);
        const deadline = { ms: startDeadlineMs, what: `QMP of the ${name}` };
        return new Machine(process, await QmpClient.open(socket, deadline), bus);
      };
      return await Promise.race([connect(), ended]);
    } catch (error) {
      await process.kill();
      const { stderr } = await process.exited;
      throw new Error(`the ${name}'s QEMU did not start: ${stderr.join("\n")}`, { cause: error });
    } finally {
      qtestListener.close();
      qmpListener.close();
    }
  }

  async stop(): Promise<void> {
    this.qmp.close();
    this.bus.close();
    await this.process.kill();
  }
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

  /** Both QEMUs, the link down. `properties` are the controller's, `hostArgs` the host machine's. */
  static async start(
    properties: Readonly<Record<string, string | number>> = {},
    hostArgs: readonly string[] = [],
  ) {
    const directory = await makeTemporaryDirectory();
    const options = Object.entries(properties).map(([name, value]) => `,${name}=${value}`);
    const device = `dwc-pcie-ep,id=ep,link=${join(directory.path, "link")}${options.join("")}`;
    const machines: Machine[] = [];
    try {
      const endpoint = await Machine.start("endpoint", directory.path, ["-device", device]);
      machines.push(endpoint);
      const host = await Machine.start("host", directory.path, [
        ...["-device", `pcie-root-port,id=rp0,chassis=1,slot=1,addr=${rootPort}`],
        ...hostArgs,
      ]);
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
        () => reject(new Error(`the function was not deleted within ${startDeadlineMs} ms`)),
        startDeadlineMs,
      );
      const stopListening = this.host.qmp.onEvent((event) => {
        if (event.name !== "DEVICE_DELETED" || event.data["device"] !== "fn0") return;
        clearTimeout(timer);
        stopListening();
        resolve();
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
    return this.#property("link-state");
  }

  async stats(): Promise<ControllerStats> {
    return controllerStats.parse(await this.#property("stats"));
  }

  /** Whether the channel's interrupt line to the endpoint's GIC is high (GICD_ISPENDR). */
  async line(direction: "write" | "read", channel: number): Promise<boolean> {
    const first = direction === "read" ? this.#writeChannels : 0;
    const interrupt = dmaInterrupt + first + channel;
    const register = gicDistributor + 0x200n + BigInt(Math.floor(interrupt / 32) * 4);
    const pending = await this.endpoint.bus.readl(register);
    return ((pending >>> (interrupt % 32)) & 1) === 1;
  }

  async stop(): Promise<void> {
    await this.host.stop();
    await this.endpoint.stop();
    await this.#directory.remove();
  }

  #property(property: string): Promise<unknown> {
    return this.endpoint.qmp.execute("qom-get", { path: "/machine/peripheral/ep", property });
  }
}
