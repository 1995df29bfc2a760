// SPDX-License-Identifier: MIT
//
// The scripts run in a real shell, on directories that stand for configfs: a driver's own group stands already, whatever its name.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { functionSchema } from "../scenario/function.ts";
import { linkOf } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import {
  configfs,
  configureScript,
  type FunctionChange,
  portsOf,
  removeScript,
} from "./function-script.ts";

let root: string;
const at = (...path: string[]) => join(root, ...path);
const read = (...path: string[]) => readFileSync(at(...path), "utf8").trim();

/** What the kernel makes when a function's directory is made. */
const header = [
  ...["vendorid", "deviceid", "baseclass_code", "subclass_code", "progif_code"],
  ...["msi_interrupts", "msix_interrupts", "revid"],
];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "configfs-test-"));
  mkdirSync(at("controllers/b000000.pcie-ep"), { recursive: true });
  writeFileSync(at("controllers/b000000.pcie-ep/start"), "0");
  mkdirSync(at("functions/nvmet_pci_epf"), { recursive: true });
  mkdirSync(at("bin"));
  // In place of the kernel's tools, and of its mkdir, which fills the directory.
  const tool = (name: string, lines: string) => {
    writeFileSync(at("bin", name), `#!/bin/sh\n${lines}\n`);
    chmodSync(at("bin", name), 0o755);
  };
  for (const name of ["modprobe", "modinfo", "dmesg"]) tool(name, ":");
  tool(
    "mkdir",
    `/bin/mkdir "$1"; cd "$1"; /bin/mkdir primary secondary; : > ${header.join("; : > ")}; . "${at("bin/more")}"`,
  );
  groups("mkdir nvme; : > nvme/portid; : > nvme/subsysnqn");
});
afterEach(() => rmSync(root, { recursive: true }));

function groups(lines: string) {
  writeFileSync(at("bin/more"), `mkdir() { /bin/mkdir "$@"; }\n${lines}\n`);
}

const fn = functionSchema.parse({
  ...{ driver: "nvmet_pci_epf", vendor: 0x1234, device: 5, class: 0x010802 },
  settings: { portid: 1 },
});
const all: FunctionChange = {
  until: "started",
  attributes: {},
  settings: {},
  ports: { primary: 0 },
};

function sh(script: string) {
  const env = { ...process.env, PATH: `${at("bin")}:${process.env.PATH}` };
  const run = spawnSync("sh", ["-c", script.replaceAll(configfs, root)], { encoding: "utf8", env });
  return { status: run.status, stdout: run.stdout.trim(), stderr: run.stderr.trim() };
}
const configure = (change: Partial<FunctionChange> = {}, of = fn, name = "lab") =>
  sh(configureScript(of, name, { ...all, ...change }));

describe("a function is configured", () => {
  test("with the settings in the driver's own group, whatever that is called, and a class of three bytes", () => {
    expect(configure()).toEqual({ status: 0, stdout: "controllers/b000000.pcie-ep", stderr: "" });
    const own = "functions/nvmet_pci_epf/lab";
    expect(read(own, "nvme/portid")).toBe("1");
    expect(
      ["baseclass_code", "subclass_code", "progif_code"].map((name) => read(own, name)),
    ).toEqual(["0x01", "0x08", "0x02"]);
    expect(readdirSync(at(own, "primary"))).toEqual(["b000000.pcie-ep"]);
    expect(read("controllers/b000000.pcie-ep/start")).toBe("1");
  });

  test("a class of two bytes leaves the programming interface alone", () => {
    configure({}, { ...fn, class: 0x0500 });
    const own = "functions/nvmet_pci_epf/lab";
    expect(
      ["baseclass_code", "subclass_code", "progif_code"].map((name) => read(own, name)),
    ).toEqual(["0x05", "0x00", ""]);
  });

  test("by a path, where an attribute is in a group", () => {
    expect(configure({}, { ...fn, settings: {}, attributes: { "nvme/portid": 7 } }).status).toBe(0);
    expect(read("functions/nvmet_pci_epf/lab/nvme/portid")).toBe("7");
  });

  test("part by part; what stands is left, and changed where the step says so", () => {
    const own = "functions/nvmet_pci_epf/lab";
    expect(configure({ until: "made" }).status).toBe(0);
    expect(readdirSync(at(own, "primary"))).toEqual([]);
    writeFileSync(at(own, "vendorid"), "written by hand");
    expect(configure({ until: "bound", settings: { portid: 2 } }).status).toBe(0);
    expect(read(own, "nvme/portid")).toBe("2");
    expect(read(own, "vendorid")).toBe("written by hand");
    expect(read("controllers/b000000.pcie-ep/start")).toBe("0");
    expect(configure().status).toBe(0);
    expect(read("controllers/b000000.pcie-ep/start")).toBe("1");
  });

  test("several stand beside each other", () => {
    expect(configure({ until: "bound" }, fn, "first").status).toBe(0);
    rmSync(at("controllers/b000000.pcie-ep/start"));
    writeFileSync(at("controllers/b000000.pcie-ep/start"), "0");
    expect(configure({}, fn, "second").status).toBe(0);
    expect(readdirSync(at("functions/nvmet_pci_epf"))).toEqual(["first", "second"]);
  });
});

describe("a function with two sides", () => {
  const ports = { primary: 1, secondary: 0 };
  const own = "functions/nvmet_pci_epf/lab";
  const sides = () => ["primary", "secondary"].map((side) => readdirSync(at(own, side)));
  const started = () =>
    ["b000000", "b100000"].map((name) => read(`controllers/${name}.pcie-ep/start`));
  beforeEach(() => {
    mkdirSync(at("controllers/b100000.pcie-ep"));
    writeFileSync(at("controllers/b100000.pcie-ep/start"), "1");
  });

  test("goes to two controllers, of which one may have been started before", () => {
    expect(configure({ ports })).toMatchObject({
      status: 0,
      stdout: "controllers/b100000.pcie-ep",
    });
    expect(sides()).toEqual([["b100000.pcie-ep"], ["b000000.pcie-ep"]]);
    expect(started()).toEqual(["1", "1"]);
    expect(sh(removeScript(fn, "lab", { until: "unbound", ports })).status).toBe(0);
    expect(sides()).toEqual([[], []]);
    expect(started()).toEqual(["0", "0"]);
  });

  test("has them by the links of an endpoint that joins its hosts", () => {
    const of = (joins: boolean, link: string) => {
      const topology = topologySchema.parse({
        machines: {
          near: { role: "host" },
          far: { role: "host" },
          soc: { role: "endpoint", "joins-hosts": joins },
        },
        links: { a: { host: "near", endpoint: "soc" }, b: { host: "far", endpoint: "soc" } },
      });
      return portsOf(topology, linkOf(topology, link));
    };
    expect(of(true, "b")).toEqual({ primary: 1, secondary: 0 });
    expect(of(false, "b")).toEqual({ primary: 1, secondary: undefined });
  });
});

describe("what is not there is told with what is", () => {
  const refused = (more: object, of = fn) => configure(more, of).stderr;

  test.each([
    [{ nosuch: 1 }, "no attribute nosuch in this kernel, only: portid subsysnqn"],
    [{ "deeper/portid": 1 }, "no group deeper in this kernel's function, only: "],
  ])("an attribute of the own group: %o", (settings, message) => {
    expect(refused({ settings })).toContain(message);
  });

  test("a group", () => {
    expect(refused({ attributes: { "nvmet/portid": 1 } })).toBe(
      "no group nvmet in this kernel's function, only: nvme/ primary/ secondary/",
    );
  });

  test("a group of the driver's own, or one of several", () => {
    groups(":");
    expect(refused({})).toContain(
      "the driver has no group of its own in configfs, only: baseclass_code",
    );
    rmSync(at("functions/nvmet_pci_epf/lab"), { recursive: true });
    groups("mkdir one two");
    expect(refused({})).toBe(
      "the driver has several groups of its own: write attributes as GROUP/NAME; there are: one/ primary/ secondary/ two/",
    );
  });

  test("a link to a virtual function is no group", () => {
    groups(`mkdir nvme; : > nvme/portid; ln -s "${root}" vf`);
    expect(configure().status).toBe(0);
  });

  test("a driver, and a controller", () => {
    expect(refused({}, { ...fn, driver: "pci_epf_test" })).toBe(
      "no functions of pci_epf_test in configfs, only of: nvmet_pci_epf",
    );
    rmSync(at("controllers/b000000.pcie-ep"), { recursive: true });
    expect(refused({})).toContain("no endpoint controller in ");
  });
});

describe("a function is taken apart", () => {
  test("as far as the step says", () => {
    configure();
    expect(sh(removeScript(fn, "lab", { until: "stopped", ports: { primary: 0 } })).status).toBe(0);
    expect(read("controllers/b000000.pcie-ep/start")).toBe("0");
    expect(existsSync(at("functions/nvmet_pci_epf/lab/primary/b000000.pcie-ep"))).toBe(true);
    expect(sh(removeScript(fn, "lab", { until: "unbound", ports: { primary: 0 } })).status).toBe(0);
    expect(readdirSync(at("functions/nvmet_pci_epf/lab/primary"))).toEqual([]);
    // A kernel's rmdir takes the groups along; a real directory has to be empty.
    expect(sh(removeScript(fn, "lab", { until: "removed", ports: { primary: 0 } })).stderr).toMatch(
      /rmdir.*not empty/,
    );
  });

  test("one that is not there is told with those that are", () => {
    symlinkSync(root, at("functions/nvmet_pci_epf/other"));
    expect(sh(removeScript(fn, "lab", { until: "removed", ports: { primary: 0 } })).stderr).toBe(
      "no function lab of nvmet_pci_epf, only: other",
    );
  });
});
