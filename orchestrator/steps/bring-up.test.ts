// SPDX-License-Identifier: MIT
//
// The steps that every scenario begins with: what they ask of which guest, in which order, and what they make of the answers.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { addresses } from "./addresses.ts";
import { configureFunction } from "./configure-function.ts";
import { restartVm } from "./fault-power.ts";
import { inspect } from "./inspect.ts";
import { link } from "./link.ts";
import { loadModules, unloadModules } from "./modules.ts";
import { removeFunction } from "./remove-function.ts";
import { sysctl } from "./sysctl.ts";
import { playedClock } from "./testing/played-clock.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";
import { loadTransport, unloadTransport } from "./transport.ts";
import { waitForLink } from "./wait-for-link.ts";
import { waitUntil } from "./wait-until.ts";

const [smoke] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants;
if (!smoke) throw new Error("smoke has no variant");
const { function: fn } = smoke;
if (!fn) throw new Error("smoke has no function");
const plan = { ...smoke, function: fn };

describe("configure-function", () => {
  test("is done in the endpoint, and tells controller and driver", async () => {
    const answers = { "configuring the endpoint function": "controllers/40000000.pcie-ep\n" };
    const bridge = { ...plan, function: { ...plan.function, class: 0x0604 } };
    const { context, happened, scripts } = playedGuests({ answers, plan: bridge });
    expect(await configureFunction.run(stepOf(configureFunction), context)).toEqual({
      ...{ controller: "controllers/40000000.pcie-ep", driver: plan.function.driver },
    });
    const configuring = "endpoint: configuring the endpoint function";
    // Whether the kernel takes it without an error its log tells, from before to after.
    const log = "endpoint: reading the kernel's log";
    expect(happened).toEqual([log, configuring, log]);
    const script = scripts.get(configuring) ?? "";
    // Ids before the function is bound, and the controller is started last.
    const order = [
      'put "$fn/vendorid" 0x1957',
      'put "$fn/deviceid" 0x0809',
      'put "$fn/baseclass_code" 0x06',
      'put "$fn/subclass_code" 0x04',
      'put "$own/mw1_bar" 4',
      'ln -s "/sys/kernel/config/pci_ep/$primary" "$fn/primary"',
      'put "$primary/start" 1',
    ].map((line) => script.indexOf(line));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  test("needs a driver that takes names of BARs only where the scenario gives some", () => {
    const needs = (settings: Record<string, string | number>) =>
      configureFunction.needs(stepOf(configureFunction), {
        ...plan,
        function: { ...plan.function, settings },
      } as typeof plan);
    const { driver } = plan.function;
    expect(needs({ mw1_bar: 4 })).toEqual({ endpoint: [driver, "vntb-bar-names"] });
    expect(needs({ ctrl_bar: 0 })).toEqual({ endpoint: [driver, "vntb-bar-names"] });
    expect(needs({ mw1: 4, num_mws: 1 })).toEqual({ endpoint: [driver] });
  });
});

describe("link", () => {
  const answers = { "waiting for the function": "0000:01:00.0 ntb_hw_epf\n" };
  test("is trained, the function is plugged in, and then the host is waited for", async () => {
    const { context, happened } = playedGuests({ answers, plan });
    expect(await link.run(stepOf(link), context)).toEqual({
      ...{ state: "up", address: "0000:01:00.0", driver: "ntb_hw_epf" },
    });
    expect(happened).toEqual([
      "the link is trained",
      "the function is plugged in",
      "host: waiting for the function to appear and ntb_hw_epf to bind it",
    ]);
  });

  test("is waited for where the endpoint's driver has to answer the loss before", async () => {
    const { context, happened } = playedGuests({ answers, plan, states: ["down", "down", "down"] });
    await link.run(stepOf(link), context);
    expect(happened.slice(0, 5)).toEqual([
      "the link is down",
      "the link is trained",
      "the link is down",
      "the link is down",
      "the function is plugged in",
    ]);
  });

  test("is waited for half of the step's time, which is longer for slower kernels", async () => {
    playedClock(1000);
    const states = Array<string>(41).fill("down");
    const { context, happened } = playedGuests({ answers, plan, states, limitMs: 60_000 });
    await link.run(stepOf(link), context);
    // The look at what is up already, trained, and 30 looks, one a second.
    expect(happened.indexOf("the function is plugged in")).toBe(2 + 30);
  });

  test("comes up before there is a function to bind, which is waited for later", async () => {
    const { context, happened } = playedGuests({ answers, plan });
    const trained = stepOf(link, { until: "trained" });
    expect(await link.run(trained, context)).toEqual({ state: "up" });
    expect([link.commands(trained, plan), link.needs(trained, plan)]).toEqual([[], {}]);
    expect(link.title(trained)).toBe("Train the link");
    expect(await link.run(stepOf(link), context)).toMatchObject({ driver: "ntb_hw_epf" });
    expect(happened).toEqual([
      "the link is trained",
      "the function is plugged in",
      "host: waiting for the function to appear and ntb_hw_epf to bind it",
    ]);
  });

  test("a host without hot-plug is told to look, any other is not", () => {
    const script = (hotplug: "rescan" | "pciehp") => {
      const topology = topologySchema.parse({ host: { hotplug } });
      return link.commands(stepOf(link, { driver: "d" }), { ...plan, topology })[0]?.script ?? "";
    };
    expect(script("rescan")).toContain("echo 1 > /sys/bus/pci/rescan\n");
    expect(script("pciehp")).not.toContain("rescan");
    expect(script("pciehp")).toContain('= "0x1957:0x0809"');
    expect(link.needs(stepOf(link, { driver: "d" }), plan)).toEqual({ host: ["d"] });
  });

  test.each([
    ["endpoint", true, ["configured", "trained"]],
    ["host", true, ["trained"]],
    ["endpoint", false, []],
  ])("comes up again with a VM that is started again: %s, joined: %s", async (vm, joined, then) => {
    const { context, happened } = playedGuests({ answers, plan });
    const evidence = await restartVm.run(stepOf(restartVm, { vm, join: joined }), context);
    const words = happened.map((text) =>
      text.replace(/.*configuring.*/, "configured").replace(/.*trained$/, "trained"),
    );
    expect(words[0]).toBe(`the ${vm} is started again`);
    expect(words.filter((word) => word === "configured" || word === "trained")).toEqual(then);
    expect(evidence).toMatchObject(
      joined ? { link: { state: "up" } } : { bootMs: expect.any(Number) },
    );
    expect("link" in (evidence as object)).toBe(joined);
  });
});

describe("addresses", () => {
  test("each guest has its own, and tells MTU and queues", async () => {
    const mtu = (role: string) => (role === "host" ? "noise\n1500\n2\n" : "9000\n4\n");
    const { context, happened, scripts } = playedGuests({ answers: { address: mtu } });
    expect(await addresses.run(stepOf(addresses), context)).toEqual({
      mtu: { host: 1500, endpoint: 9000 },
      queues: { host: 2, endpoint: 4 },
    });
    const [endpoint = "", host = ""] = happened.map((name) => scripts.get(name));
    expect(endpoint).toContain("ip addr replace 192.168.77.2/30 dev ntb0");
    expect(host).toContain("ip addr replace 192.168.77.1/30 dev ntb0");
    for (const none of ["ethtool", " mtu "]) expect(host).not.toContain(none);
  });

  test("MTU and queues are set where the scenario says, before the interface is up", () => {
    const step = stepOf(addresses, { mtu: 9000, queues: 2 });
    for (const { script } of addresses.commands(step, plan)) {
      const at = ["ethtool -L ntb0 combined 2", "dev ntb0 mtu 9000", "dev ntb0 up"].map((text) =>
        script.indexOf(text),
      );
      expect(at[0]).toBeGreaterThan(0);
      expect(at).toEqual([...at].sort((a, b) => a - b));
    }
    expect(addresses.title(step)).toBe("Bring up ntb0 with MTU 9000");
    expect(addresses.title(stepOf(addresses))).toBe("Bring up ntb0");
  });
});

describe("wait-for-link", () => {
  test.each([
    ["1\n", "1\n", { endpoint: true, host: true }],
    ["0\n", "1\n", { endpoint: false, host: true }],
    ["1\n", "", { endpoint: true, host: false }],
  ])("tells of the carrier of each: %j, %j", async (endpoint, host, carrier) => {
    const answers = { carrier: (role: string) => (role === "host" ? host : endpoint) };
    const { context, scripts } = playedGuests({ answers });
    expect(await waitForLink.run(stepOf(waitForLink), context)).toMatchObject({ carrier });
    const what = "waiting for carrier on ntb0 and the peer's first answer";
    // Each listens for the other one.
    expect(scripts.get(`host: ${what}`)).toContain("-I ntb0 192.168.77.2 ");
    expect(scripts.get(`endpoint: ${what}`)).toContain("-I ntb0 192.168.77.1 ");
  });
});

test("sysctl sets each parameter, in both guests", async () => {
  const { context, happened, scripts } = playedGuests();
  const set = { "net.ipv4.tcp_rmem": "4096 131072 6291456", "net.core.busy_poll": 50 };
  await sysctl.run(stepOf(sysctl, { set }), context);
  expect(happened).toEqual(
    ["endpoint", "host"].map((role) => `${role}: setting kernel parameters`),
  );
  for (const script of scripts.values()) {
    expect(script).toContain('echo "4096 131072 6291456" > /proc/sys/net/ipv4/tcp_rmem');
    expect(script).toContain('echo "50" > /proc/sys/net/core/busy_poll');
  }
  for (const wrong of [{ "a.b": "$(reboot)" }, { "../x": 1 }, { plain: 1 }])
    expect(() => sysctl.schema.parse({ set: wrong })).toThrow();
});

test("inspect keeps what belongs to which guest", async () => {
  const listing = (role: string) => `bound pci 0000:01:00.0 of-${role}\ndma dma0chan0 of-${role}\n`;
  const { context } = playedGuests({ answers: { listing } });
  const of = (role: string) => ({
    bound: [{ bus: "pci", device: "0000:01:00.0", driver: `of-${role}` }],
    dma: [{ channel: "dma0chan0", device: `of-${role}` }],
  });
  expect(await inspect.run(stepOf(inspect), context)).toEqual({
    ...{ host: of("host"), endpoint: of("endpoint") },
  });
});

describe("load-transport", () => {
  const step = (fields: object) => stepOf(loadTransport, fields);
  test("needs the remote backend where it loads that, in the guests in which it does", () => {
    const needs = (fields: object) => loadTransport.needs(step(fields), plan);
    const clients = [{ name: "ntb_netdev" }];
    expect(needs({ backend: "default", clients })).toEqual({
      ...{ host: ["ntb_transport", "ntb_netdev"], endpoint: ["ntb_transport", "ntb_netdev"] },
    });
    expect(needs({ backend: "remote-edma", on: "host" })).toEqual({
      host: ["remote-edma", "ntb_transport"],
    });
  });

  test("tells what was loaded in each guest, and unloads in the opposite order", async () => {
    const modules = (role: string) => `ntb_transport\nntb_netdev\nof_${role}\n`;
    const { context } = playedGuests({ answers: { load: modules }, plan });
    const loaded = await loadTransport.run(step({ backend: "default" }), context);
    expect(loaded).toMatchObject({
      loaded: {
        host: expect.arrayContaining(["of_host"]),
        endpoint: expect.arrayContaining(["of_endpoint"]),
      },
    });
    const unload = stepOf(unloadTransport, {
      backend: "default",
      clients: ["ntb_netdev"],
      on: "host",
    });
    const scripts = unloadTransport.commands(unload, plan);
    expect(scripts.map(({ on }) => on)).toEqual(["host"]);
    expect(scripts[0]?.script).toMatch(/rmmod ntb_netdev\n.*rmmod ntb_transport/s);
  });
});

describe("in the guest that it names", () => {
  test("load-modules has each module with its parameters, and tells what is loaded there", async () => {
    const answers = { loading: "edma\nvirtio_net\n" };
    const { context, happened } = playedGuests({ answers, plan });
    const modules = [
      { name: "core" },
      { name: "edma", parameters: { channels: 2 }, upstream: true },
    ];
    const step = stepOf(loadModules, { on: "host", modules });
    expect(await loadModules.run(step, context)).toEqual({
      loaded: { host: ["edma", "virtio_net"] },
    });
    expect(happened).toEqual(["host: loading core, edma"]);
    expect(loadModules.title(step)).toBe("Load core, upstream's edma channels=2");
    expect(loadModules.needs(step, plan)).toEqual({ host: ["core", "edma"] });
  });

  test("unload-modules takes them out in the order given", async () => {
    const { context, happened, scripts } = playedGuests({ plan });
    const step = stepOf(unloadModules, { on: "endpoint", modules: ["b", "a"] });
    await unloadModules.run(step, context);
    expect(happened).toEqual(["endpoint: unloading b, a"]);
    expect([...scripts.values()]).toEqual(["set -eu\nrmmod b\nrmmod a"]);
    expect(unloadModules.title(step)).toBe("Unload b, a");
  });

  test("wait-until goes on until the command ends well, and tells what it printed then", async () => {
    const { context, happened } = playedGuests({ answers: { "waiting for": "at last\n\n" }, plan });
    const step = stepOf(waitUntil, {
      on: "endpoint",
      run: "grep -q x /proc/y\nmore",
      title: "x is there",
    });
    expect(await waitUntil.run(step, context)).toMatchObject({ printed: "at last" });
    expect(happened).toEqual(["endpoint: waiting for: x is there"]);
    expect(waitUntil.title(step)).toBe("Wait until endpoint: x is there");
    const untitled = stepOf(waitUntil, { on: "host", run: " grep -q x /proc/y\nmore" });
    expect(waitUntil.title(untitled)).toBe("Wait until host: grep -q x /proc/y");
  });

  test.each([
    ["stopped", "Stop"],
    ["unbound", "Unbind"],
    ["removed", "Remove"],
  ])("remove-function takes the endpoint's apart: %s", async (until, word) => {
    const { context, happened } = playedGuests({ plan });
    const step = stepOf(removeFunction, { until });
    await removeFunction.run(step, context);
    expect(happened).toEqual(["endpoint: taking the endpoint function apart"]);
    expect(removeFunction.title(step)).toBe(`${word} the endpoint function`);
  });
});
