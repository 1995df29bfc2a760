// SPDX-License-Identifier: MIT
import { UsageError } from "../errors.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import type { GuestConsole } from "./console.ts";
import type { RunningVm, StartedVm } from "./vm.ts";

/** What a machine is at. Only a running one has SSH. */
type State =
  | { readonly is: "off" }
  | { readonly is: "booting"; readonly vm: StartedVm }
  | { readonly is: "running"; readonly vm: RunningVm };

/** How a machine's VMs are made. */
export interface MachineMaker {
  /** Starts QEMU, in the place of one that has ended. */
  readonly start: (predecessor?: StartedVm) => Promise<StartedVm>;
  /** Waits for the guest. */
  readonly boot: (vm: StartedVm) => Promise<RunningVm>;
}

/** One of the lab's machines: a VM, and after that has lost its power perhaps another one. */
export class Machine {
  /** For messages. */
  readonly name: string;
  readonly #maker: MachineMaker;
  #state: State = { is: "off" };
  #latest: StartedVm | undefined;

  constructor(name: MachineName, maker: MachineMaker) {
    this.name = `${name} VM`;
    this.#maker = maker;
  }

  get isOn(): boolean {
    return this.#state.is !== "off";
  }

  /** The VM, whether its guest is up or not. Throws UsageError when the machine is off. */
  get started(): StartedVm {
    if (this.#state.is !== "off") return this.#state.vm;
    throw new UsageError(
      `the ${this.name} is off: a step has ended it, and only restart-vm brings it back`,
    );
  }

  /** The VM, whose guest answers. Throws UsageError when the machine is off or still boots. */
  get running(): RunningVm {
    if (this.#state.is === "running") return this.#state.vm;
    const { name } = this.started;
    throw new UsageError(`the ${name} still boots: nothing can be asked of its guest yet`);
  }

  /** The console of all its VMs. Throws before the first one was started. */
  get console(): GuestConsole {
    if (this.#latest) return this.#latest.process.console;
    throw new Error(`the ${this.name} was never started`);
  }

  /** Switches it on. Throws UsageError when it is on. */
  async start(): Promise<void> {
    if (this.#state.is !== "off") throw new UsageError(`the ${this.name} is on already`);
    const vm = await this.#maker.start(this.#latest);
    this.#latest = vm;
    this.#state = { is: "booting", vm };
  }

  /** Waits for the guest of a machine that was switched on. */
  async boot(): Promise<RunningVm> {
    const vm = await this.#maker.boot(this.started);
    this.#state = { is: "running", vm };
    return vm;
  }

  /** Ends the VM as if its power failed, and resolves when nothing of it is left. */
  async cutPower(): Promise<void> {
    if (this.#state.is === "off") return;
    const { vm } = this.#state;
    this.#state = { is: "off" };
    await vm.end();
  }
}
