// SPDX-License-Identifier: MIT
/** One QEMU that runs no guest: its bus and its machine protocol are a test's. */
import { join } from "node:path";
import { type QemuProcess, startQemu } from "../../../orchestrator/lab/qemu.ts";
import { listenForQmp, QmpClient } from "../../../orchestrator/lab/qmp.ts";
import { type Qtest, QtestListener } from "./qtest.ts";

/** What QEMU's start, and an answer of its machine protocol, take at most. */
export const startDeadlineMs = 10_000;

/** The two machines, where a test's needs are not enough. */
export interface MachineOptions {
  /** By default what the test run's set-up has provisioned. */
  readonly qemu?: { readonly binary: string };
  /** Of each VM, as QEMU writes it. */
  readonly ram?: string;
  readonly arguments?: readonly string[];
  /** `qtest`, the default, executes nothing. */
  readonly accelerator?: "qtest" | "tcg";
  readonly environment?: Readonly<Record<string, string>>;
}

const testRam = "64M";

/** Loaded only here: outside of a test run there is no vitest to ask. */
async function provisionedQemu() {
  const { inject } = await import("vitest");
  return inject("artifacts").qemu;
}

/** One QEMU under a test's control. */
export class Machine {
  readonly process: QemuProcess;
  readonly qmp: QmpClient;
  readonly bus: Qtest;
  /** What QEMU wrote to its standard error, trace events among it. */
  readonly log: string;

  constructor(process: QemuProcess, qmp: QmpClient, bus: Qtest, log: string) {
    this.process = process;
    this.qmp = qmp;
    this.bus = bus;
    this.log = log;
  }

  static async start(
    name: string,
    directory: string,
    args: readonly string[],
    options: MachineOptions,
  ): Promise<Machine> {
    const { binary } = options.qemu ?? (await provisionedQemu());
    const ram = options.ram ?? testRam;
    const stop = AbortSignal.timeout(startDeadlineMs);
    const qtestListener = await QtestListener.listen(join(directory, `${name}.qtest`));
    const qmpListener = await listenForQmp(join(directory, `${name}.qmp`));
    const qemuLog = join(directory, `${name}-qemu.log`);
    const process = startQemu({
      name,
      binary,
      args: [
        ...["-nodefaults", "-no-user-config", "-display", "none"],
        ...[
          "-accel",
          options.accelerator ?? "qtest",
          "-qtest",
          `unix:${qtestListener.path}`,
          "-qtest-log",
          "/dev/null",
        ],
        ...["-qmp", `unix:${join(directory, `${name}.qmp`)}`],
        ...["-object", `memory-backend-memfd,id=ram,size=${ram},share=on`],
        ...["-machine", "virt,gic-version=3,its=on,memory-backend=ram", "-m", ram],
        ...(options.arguments ?? []),
        ...args,
      ],
      ...(options.environment ? { env: options.environment } : {}),
      consoleLog: join(directory, `${name}-console.log`),
      qemuLog,
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
        return new Machine(process, await QmpClient.open(socket, deadline), bus, qemuLog);
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
