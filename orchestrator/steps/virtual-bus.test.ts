// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { VariantPlan } from "../scenario/plan.ts";
import { linkOf } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { addresses } from "./addresses.ts";
import { configureFunction } from "./configure-function.ts";
import { stepOf } from "./testing/played-guests.ts";
import { transportStatistics } from "./transport-statistics.ts";
import { virtualBusOf } from "./virtual-bus.ts";

const topology = topologySchema.parse({
  machines: { near: { role: "host" }, far: { role: "host" }, soc: { role: "endpoint" } },
  links: { north: { host: "near", endpoint: "soc" }, south: { host: "far", endpoint: "soc" } },
});

const first = { link: "north" };
const second = { link: "south", function: "second" };

/** A plan that binds these, with NTBs on the buses 0x10 and, if named, this one. */
function planOf(bound: readonly object[], more: object = {}, secondBus?: number | string) {
  const settings = secondBus === undefined ? {} : { vbus_number: secondBus };
  return {
    ...{
      topology,
      function: { settings: { vbus_number: 0x10 } },
      functions: { second: { settings } },
    },
    ...{
      steps: bound.map((params) => ({
        ...stepOf(configureFunction, params),
        kind: "configure-function",
      })),
      ...more,
    },
  } as unknown as VariantPlan;
}

const busOf = (plan: VariantPlan, link: string) => virtualBusOf(plan, linkOf(plan.topology, link));

test("each link's NTB is on the bus that its function names, or on the driver's own", () => {
  expect(busOf(planOf([first, second], {}, 0x20), "north")).toBe("10");
  expect(busOf(planOf([first, second], {}, 0x20), "south")).toBe("20");
  expect(busOf(planOf([first, second], {}, "0x5"), "south")).toBe("05");
  expect(busOf(planOf([first, second]), "south")).toBe("ff");
});

test("where there is one NTB it is not looked for by its bus", () => {
  expect(busOf(planOf([first], {}, 0x20), "north")).toBeUndefined();
  expect(busOf(planOf([first], {}, 0x20), "south")).toBeUndefined();
  expect(busOf(planOf([first, { ...second, until: "made" }], {}, 0x20), "north")).toBeUndefined();
});

test("the interface of a link is looked for on its NTB's bus", () => {
  const plan = planOf([first, second], {}, 0x20);
  const paths = (link: string) =>
    addresses
      .commands(stepOf(addresses, { link }), plan)
      .map(({ on, script }) => [on, /in (\S+)\) found/.exec(script)?.[1]]);
  expect(paths("north")).toContainEqual(["soc", "*:10:00.0/*"]);
  expect(paths("south")).toContainEqual(["soc", "*:20:00.0/*"]);
});

test("the statistics of a link are those of its NTB", () => {
  const root = mkdtempSync(join(tmpdir(), "virtual-bus-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const device of ["0003:10:00.0", "0004:20:00.0"]) {
    mkdirSync(join(root, device, "qp0"), { recursive: true });
    writeFileSync(join(root, device, "window"), `of ${device}\n`);
    writeFileSync(join(root, device, "qp0/stats"), "rx_pkts: 1\n");
  }
  const plan = planOf([first, second], { transport: { statistics: `${root}/*` } }, 0x20);
  const read = (link: string) => {
    const commands = transportStatistics.commands(stepOf(transportStatistics, { link }), plan);
    const { script = "" } = commands.find(({ on }) => on === "soc") ?? {};
    return execFileSync("bash", ["-c", script], { encoding: "utf8" });
  };
  expect(read("north")).toBe("of 0003:10:00.0\npair qp0\nrx_pkts: 1\n");
  expect(read("south")).toBe("of 0004:20:00.0\npair qp0\nrx_pkts: 1\n");
  rmSync(join(root, "0004:20:00.0"), { recursive: true });
  expect(() => read("south")).toThrow("is of a device on bus 20");
});
