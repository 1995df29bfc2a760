// SPDX-License-Identifier: MIT

import { describe, expect, test } from "vitest";
import type { LinkState } from "../lab/link.ts";
import { passingTime } from "../lab/testing/passing-time.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import type { Role } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { killVm, restartVm } from "./fault-power.ts";
import type { StepContext } from "./step-kind.ts";

/** Two VMs, of which the host sees a function go and the endpoint a link; what is done and asked, in this order. */
function lab() {
  const happened: string[] = [];
  let unplug = () => {};
  const states: LinkState[] = ["up", "waiting"];
  const guest = (role: Role) => ({
    ssh: {
      check: async () => {
        happened.push(`asked the ${role}`);
        return { stdout: "" };
      },
    },
  });
  const context = {
    lab: {
      ...passingTime,
      vm: guest,
      signal: new AbortController().signal,
      link: () => ({
        functionGone: () => {
          happened.push("listening for the function");
          return new Promise<void>((resolve) => {
            unplug = () => {
              happened.push("the function has gone");
              resolve();
            };
          });
        },
        state: async () => {
          const state = states.shift();
          happened.push(`the link is ${state}`);
          return state;
        },
      }),
      cutPower: async (role: Role) => {
        happened.push(`the ${role} has no power`);
        setImmediate(() => unplug());
      },
      restart: async (role: Role) => void happened.push(`the ${role} boots`),
    },
    plan: {
      function: { vendor: 0x1957, device: 0x809 },
      topology: topologySchema.parse({ host: { hotplug: "pciehp" } }),
    },
    ...{ limitMs: 5000, progress: () => {} },
  };
  return { context: context as unknown as StepContext, happened };
}

const step = (kind: typeof killVm | typeof restartVm, fields: object) =>
  ({ params: kind.schema.parse(fields) }) as unknown as PlannedStep;

describe("kill-vm waits on the side that lives", () => {
  test("the endpoint dies: for the host's slot, then for its kernel", async () => {
    const { context, happened } = lab();
    const loss = await killVm.run(step(killVm, { vm: "endpoint", after: "1ms" }), context);
    expect(happened).toEqual([
      ...["listening for the function", "the endpoint has no power"],
      ...["the function has gone", "asked the host"],
    ]);
    expect(loss.removedMs).toBeGreaterThanOrEqual(loss.noticedMs);
  });

  test("the host dies: until the endpoint's controller has no link, and nobody asks the host", async () => {
    const { context, happened } = lab();
    const loss = await killVm.run(step(killVm, { vm: "host", after: "1ms" }), context);
    expect(happened).toEqual(["the host has no power", "the link is up", "the link is waiting"]);
    expect(loss).not.toHaveProperty("removedMs");
  });
});

test.each(["host", "endpoint"])("restart-vm boots the one that it names: %s", async (vm) => {
  const { context, happened } = lab();
  await restartVm.run(step(restartVm, { vm, join: false }), context);
  expect(happened).toEqual([`the ${vm} boots`]);
});
