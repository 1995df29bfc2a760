// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { expect, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import { stepKinds } from "./registry.ts";

/** What the smoke scenario runs in the host to load and unload the transport. */
function commands(...set: string[]): string[] {
  const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml"), { set }).variants;
  if (!plan) throw new Error("no variant");
  return plan.steps
    .filter(({ kind }) => kind.endsWith("load-transport"))
    .map((step) => {
      const all = stepKinds.get(step.kind)?.commands(step, plan) ?? [];
      return all.find(({ on }) => on === "host")?.script ?? "";
    });
}

test("this project's transport is chosen by its parameter", () => {
  const [load, unload] = commands();
  expect(load).toContain("modprobe ntb_transport use_remote_edma=1\nmodprobe ntb_netdev\n");
  expect(unload).toContain("rmmod ntb_netdev\nrmmod ntb_transport");
});

test("a tree's own may be a module of its own, without a parameter", () => {
  const [load, unload] = commands("transport.style=module");
  expect(load).toContain("modprobe ntb_transport_edma\nmodprobe ntb_netdev\n");
  expect(unload).toContain("rmmod ntb_netdev\nrmmod ntb_transport_edma");
});

test("a tree's own file is taken though this project has one of its name", () => {
  const [load] = commands("transport.from=tree");
  expect(load).toMatch(/find \/lib\/modules\/.*ntb\[-_\]transport\.ko/);
  expect(load).toMatch(/insmod "\$file" use_remote_edma=1\nmodprobe ntb_netdev\n/);
});

test("any modules can stand for a backend; they go in the opposite order", () => {
  const modules = "[{ name: core }, { name: edma, parameters: { channels: 2 } }]";
  const [load, unload] = commands(`transport.remote-edma=${modules}`);
  expect(load).toContain("modprobe core\nmodprobe edma channels=2\nmodprobe ntb_netdev\n");
  expect(unload).toContain("rmmod ntb_netdev\nrmmod edma\nrmmod core");
});
