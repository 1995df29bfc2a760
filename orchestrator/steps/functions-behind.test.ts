// SPDX-License-Identifier: MIT
//
// The scripts that look for functions in a host's sysfs, with directories in its place.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { functionSchema } from "../scenario/function.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { transportSchema } from "../scenario/transport.ts";
import { findFunction } from "./link.ts";
import { awaitRemoval } from "./link-loss.ts";
import { stepOf } from "./testing/played-guests.ts";
import { transportStatistics } from "./transport-statistics.ts";
import { windowScan } from "./window-scan.ts";

let devices: string;
beforeEach(() => {
  devices = mkdtempSync(join(tmpdir(), "devices-test-"));
  // A root port has its services and their buses as children, too.
  for (const port of ["0000:00:01.0", "0000:00:02.0"]) {
    mkdirSync(join(devices, port, `${port}:pcie004`), { recursive: true });
    mkdirSync(join(devices, port, "pci_bus/0000:01"), { recursive: true });
  }
});
afterEach(() => rmSync(devices, { recursive: true }));

function present(port: string, address: string, device: string): void {
  const directory = join(devices, port, address);
  mkdirSync(directory);
  writeFileSync(join(directory, "vendor"), "0x1957\n");
  writeFileSync(join(directory, "device"), `${device}\n`);
}

const fn = functionSchema.parse({ vendor: 0x1957, device: 0x809 });
const sh = (script: string) => {
  const here = script.replaceAll("/sys/bus/pci/devices", devices);
  return spawnSync("sh", ["-c", here], { encoding: "utf8", timeout: 5000 });
};
const find = (port: string) =>
  sh(`${findFunction(fn, port)}\nfind_function && basename "$found"`).stdout.trim();

test("of several transports the one is asked whose device is behind the link's root port", () => {
  const debugfs = mkdtempSync(join(tmpdir(), "debugfs-test-"));
  onTestFinished(() => rmSync(debugfs, { recursive: true }));
  const machines = {
    ...{ host: { role: "host" }, left: { role: "endpoint" }, right: { role: "endpoint" } },
  };
  const links = {
    west: { host: "host", endpoint: "left" },
    east: { host: "host", endpoint: "right" },
  };
  const topology = topologySchema.parse({ machines, links });
  const transport = transportSchema.parse({ statistics: `${debugfs}/*` });
  const ask = (link: string) => {
    const step = stepOf(transportStatistics, { link });
    const commands = transportStatistics.commands(step, {
      topology,
      transport,
      steps: [],
    } as never);
    return sh(commands.find(({ on }) => on === "host")?.script ?? "");
  };
  const begin = (port: string, address: string) => {
    present(port, address, "0x0809");
    mkdirSync(join(debugfs, address, "qp0"), { recursive: true });
    writeFileSync(join(debugfs, address, "qp0/stats"), `of ${address}\n`);
  };
  begin("0000:00:01.0", "0000:01:00.0");
  expect(ask("west").stdout).toBe("pair qp0\nof 0000:01:00.0\n");
  begin("0000:00:02.0", "0000:02:00.0");
  expect(ask("west").stdout).toBe("pair qp0\nof 0000:01:00.0\n");
  expect(ask("east").stdout).toBe("pair qp0\nof 0000:02:00.0\n");
  rmSync(join(devices, "0000:00:02.0/0000:02:00.0"), { recursive: true });
  expect(ask("east").stderr).toMatch(/^no directory .* behind 0000:00:02.0/);
  // The other link's is none of this one, though it be the only one.
  rmSync(join(debugfs, "0000:02:00.0"), { recursive: true });
  expect(ask("east").stderr).toMatch(/^no directory .* behind 0000:00:02.0/);
  expect(ask("west").stdout).toBe("pair qp0\nof 0000:01:00.0\n");
  // Names that are no devices' tell of none.
  for (const name of ["one", "other"]) mkdirSync(join(debugfs, name));
  expect(ask("west").stderr).toMatch(/^several directories/);
});

test("a function is found behind its own root port, by its ids", () => {
  present("0000:00:01.0", "0000:01:00.0", "0x0809");
  present("0000:00:02.0", "0000:02:00.0", "0x0001");
  present("0000:00:02.0", "0000:02:00.1", "0x0809");
  expect(find("0000:00:01.0")).toBe("0000:01:00.0");
  expect(find("0000:00:02.0")).toBe("0000:02:00.1");
  expect(find("0000:00:03.0")).toBe("");
});

test("a scan of windows needs a function that ntb_hw_epf has bound, and says so", () => {
  const topology = topologySchema.parse({});
  const [bars] = windowScan.commands(stepOf(windowScan, {}), { topology } as never);
  const look = () => sh(bars?.script ?? "");
  present("0000:00:01.0", "0000:01:00.0", "0x0809");
  writeFileSync(join(devices, "0000:00:01.0/0000:01:00.0/resource"), "0x10 0x1f 0x200\n");
  expect(look()).toMatchObject({
    status: 1,
    stderr: "no function behind 0000:00:01.0 is bound to ntb_hw_epf\n",
  });
  symlinkSync("/drivers/ntb_hw_epf", join(devices, "0000:00:01.0/0000:01:00.0/driver"));
  expect(look()).toMatchObject({ status: 0, stdout: "0x10 0x1f 0x200\n" });
});

test("without pciehp all functions behind the port are removed", () => {
  const topology = topologySchema.parse({ host: { hotplug: "rescan" } });
  const { script } = awaitRemoval({ topology });
  const addresses = ["0000:01:00.0", "0000:01:00.1"];
  for (const address of addresses) present("0000:00:01.0", address, "0x0809");
  const files = addresses.map((address) => join(devices, "0000:00:01.0", address, "remove"));
  for (const file of files) writeFileSync(file, "");
  expect(sh(`timeout 0.3 sh -c '${script}'`).status).toBe(124);
  expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(["1\n", "1\n"]);
});

test("removal is waited for as long as the function is there, and the port's services are none", () => {
  const topology = topologySchema.parse({ host: { hotplug: "pciehp" } });
  const { script } = awaitRemoval({ topology });
  present("0000:00:02.0", "0000:02:00.0", "0x0809");
  expect(sh(script).status).toBe(0);
  present("0000:00:01.0", "0000:01:00.0", "0x0809");
  const gone = sh(`(sleep 0.1; rm -r ${devices}/0000:00:01.0/0000:01:00.0) & ${script}\necho gone`);
  expect(gone.stdout).toBe("gone\n");
  present("0000:00:01.0", "0000:01:00.0", "0x0809");
  const still = sh(`timeout 0.3 sh -c '${script}'`);
  expect(still.status).toBe(124);
});
