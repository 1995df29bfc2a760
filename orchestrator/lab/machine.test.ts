// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { UsageError } from "../errors.ts";
import { Machine } from "./machine.ts";
import type { RunningVm, StartedVm } from "./vm.ts";

/** A machine whose VMs are numbers in `name`, and what happened to them. */
function machine() {
  const events: string[] = [];
  let count = 0;
  const made = new Machine("host", {
    start: async (predecessor) => {
      const name = `VM ${++count}`;
      events.push(`${name} after ${predecessor?.name ?? "none"}`);
      const process = { console: `console of ${name}` };
      return {
        name,
        process,
        end: async () => void events.push(`${name} ends`),
      } as unknown as StartedVm;
    },
    boot: async (vm) => ({ ...vm, ssh: {} }) as RunningVm,
  });
  return { machine: made, events };
}

test("a VM takes the place of one whose power was cut", async () => {
  const { machine: host, events } = machine();
  expect(() => host.console).toThrow("the host VM was never started");
  expect(host.isOn).toBe(false);
  await host.start();
  expect(host.isOn).toBe(true);
  expect(host.console).toBe("console of VM 1");
  expect(host.started.name).toBe("VM 1");
  expect(() => host.running).toThrow("still boots");
  await host.boot();
  expect(host.running.name).toBe("VM 1");
  await host.cutPower();
  expect(host.isOn).toBe(false);
  expect(host.console).toBe("console of VM 1");
  await host.cutPower();
  await host.start();
  await host.boot();
  expect(host.running.name).toBe("VM 2");
  expect(events).toEqual(["VM 1 after none", "VM 1 ends", "VM 2 after VM 1"]);
});

test("nothing can be asked of a machine that is off, and one that is on cannot be switched on", async () => {
  const { machine: host } = machine();
  expect(() => host.started).toThrow(UsageError);
  expect(() => host.running).toThrow("the host VM is off: a step has ended it");
  await host.start();
  await expect(host.start()).rejects.toThrow("the host VM is on already");
});
