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

/** The lines that load something. */
function loading(script = ""): string[] {
  return script.split("\n").filter((line) => /^(?:modprobe|insmod) /.test(line));
}

test("this project's transport is chosen by its parameter", () => {
  const [load, unload] = commands();
  expect(loading(load)).toEqual([
    "modprobe --first-time ntb_transport use_remote_edma=1",
    "modprobe ntb_netdev",
  ]);
  expect(unload).toContain("rmmod ntb_netdev\nrmmod ntb_transport");
});

test("a tree's own may be a module of its own, without a parameter", () => {
  const [load, unload] = commands("transport.style=module");
  expect(loading(load)).toEqual(["modprobe ntb_transport_edma", "modprobe ntb_netdev"]);
  expect(unload).toContain("rmmod ntb_netdev\nrmmod ntb_transport_edma");
});

test("a tree's own file is taken though this project has one of its name", () => {
  const [load] = commands("transport.from=tree");
  expect(load).toMatch(/find \/lib\/modules\/.*ntb\[-_\]transport\.ko/);
  expect(loading(load)).toEqual(['insmod "$file" use_remote_edma=1', "modprobe ntb_netdev"]);
});

test("any modules can stand for a backend; they go in the opposite order", () => {
  const modules = "[{ name: core }, { name: edma, parameters: { channels: 2 } }]";
  const [load, unload] = commands(`transport.remote-edma=${modules}`);
  expect(loading(load)).toEqual([
    "modprobe core",
    "modprobe --first-time edma channels=2",
    "modprobe ntb_netdev",
  ]);
  expect(unload).toContain("rmmod ntb_netdev\nrmmod edma\nrmmod core");
});

test("what a tree's transport needs, waits for and unbinds is in the scenario", () => {
  const [load, unload] = commands(
    "transport.unbind=[ntb_transport_edma, ntb_netdev]",
    "transport.ready=test -e /ready",
  );
  expect(load).not.toContain("/ready");
  expect(unload?.indexOf('> "$driver/unbind"')).toBeLessThan(unload?.indexOf("rmmod") ?? 0);
  expect(unload).toContain("for name in ntb_transport_edma ntb_netdev; do");
  const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml"), {
    set: ["transport.symbols=[CONFIG_NTB_TRANSPORT_EDMA=m]", "transport.ready=test -e /ready"],
  }).variants;
  const step = plan?.steps.find(({ kind }) => kind === "load-transport");
  if (!plan || !step) throw new Error("no such step");
  const kind = stepKinds.get(step.kind);
  expect(kind?.needs(step, plan).host).toContain("CONFIG_NTB_TRANSPORT_EDMA=m");
  const waiting = kind?.commands(step, plan).filter(({ script }) => script.includes("/ready"));
  expect(waiting?.map(({ on }) => on)).toEqual(["endpoint", "host"]);
});

test("parameters of a step are those of the transport's last module, and clients keep theirs", () => {
  const modules = "[{ name: core }, { name: edma, parameters: { channels: 2 } }]";
  const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml"), {
    set: [`transport.remote-edma=${modules}`, "transport.ready=test -e /ready"],
  }).variants;
  const kind = stepKinds.get("load-transport");
  if (!plan || !kind) throw new Error("unreachable");
  const params = kind.schema.parse({
    ...{ backend: "remote-edma", on: "host", parameters: { debug: 1 } },
    clients: [{ name: "ntb_netdev" }],
  });
  const [load, ready, ...more] = kind.commands({ params } as never, plan);
  expect(loading(load?.script)).toEqual([
    ...["modprobe core", "modprobe --first-time edma channels=2 debug=1", "modprobe ntb_netdev"],
  ]);
  expect(ready?.what).toBe("waiting for the transport to be ready (test -e /ready)");
  expect(more).toEqual([]);
  // A step's parameter goes before the scenario's of that name.
  const other = kind.schema.parse({ backend: "remote-edma", parameters: { channels: 5 } });
  const [command] = kind.commands({ params: other } as never, plan);
  expect(command?.script).toContain("edma channels=5");
});

test("where no driver is to be unbound, unloading is all that is done", () => {
  const [, unload = ""] = commands();
  expect(unload.startsWith("set -eu\nrmmod ntb_netdev")).toBe(true);
  const [, unbinding = ""] = commands("transport.unbind=[ntb_netdev]");
  expect(unbinding.startsWith("set -eu\nfor name in ntb_netdev; do")).toBe(true);
});
