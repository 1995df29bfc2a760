// SPDX-License-Identifier: MIT
import type { Socket } from "node:net";
import { CommandPort } from "./command-port.ts";

/**
 * So long machines are held while nobody asks anything of them: more than the lab takes between two commands, however busy
 * this computer is. Who waits for something else that guests do says so (`whileTimePasses`), or it takes that much longer.
 */
const patienceMs = 5000;

/**
 * With virtual time: all machines go from one multiple of the grid to the next together, and are held there while the lab thinks. So
 * what the lab does to them happens at times that do not depend on how fast it is.
 */
export class Lockstep {
  readonly #ports = new Set<CommandPort>();
  /** Things that go by the wall clock and need guests to run. */
  #passing = 0;
  #settled = false;
  #patience: NodeJS.Timeout | undefined;

  /** Takes a connection over that a machine's QEMU has made. */
  add(socket: Socket): CommandPort {
    const port: CommandPort = new CommandPort(socket, {
      held: () => this.#look(),
      asked: () => this.#look(),
      closed: () => {
        this.#ports.delete(port);
        this.#look();
      },
    });
    this.#ports.add(port);
    return port;
  }

  /** Until `work` has ended machines are not held. */
  async whileTimePasses<Value>(work: () => Promise<Value>): Promise<Value> {
    const end = this.pass();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** From now on machines are held no more until what is returned is called. */
  pass(): () => void {
    let passes = true;
    this.#passing++;
    this.#look();
    return () => {
      if (passes) this.#passing--;
      passes = false;
    };
  }

  #look(): void {
    const ports = [...this.#ports];
    if (ports.length === 0 || !ports.every(({ isHeld }) => isHeld)) return;
    if (!this.#settled) {
      this.#settled = true;
      for (const port of ports) port.settle();
      // Who has waited for that comes first, and may have more to ask.
      setImmediate(() => this.#look());
      return;
    }
    if (this.#passing > 0 || ports.some(({ isBusy }) => isBusy)) this.#go(ports);
    else this.#patience ??= setTimeout(() => this.#go([...this.#ports]), patienceMs).unref();
  }

  #go(ports: readonly CommandPort[]): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#settled = false;
    for (const port of ports) port.go();
  }
}
