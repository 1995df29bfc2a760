// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { topologySchema } from "../scenario/topology/topology.ts";
import { qemuArguments, rootPortAddress } from "./arguments.ts";
import { levelsOnConsole } from "./console.ts";
import { vmPaths } from "./paths.ts";
import { shellLine } from "./shell-line.ts";

const paths = { kernel: "/k/Image", initrd: "/t/initrd", qmp: "/t/qmp", links: ["/t/link"] };
const topology = topologySchema.parse({
  host: { memory: "512M", "interrupt-controller": "gicv2m", "kernel-arguments": ["debug"] },
  controller: { "wr-channels": 2, "forgive-late-doorbell": "random" },
});

/** What follows each option, with repeated options in order. */
function values(args: readonly string[], option: string): (string | undefined)[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1]] : []));
}

describe("the endpoint VM", () => {
  const args = () => qemuArguments("endpoint", { topology }, paths, "tcg");

  test("has the controller, with the scenario's properties, listening on the link", () => {
    expect(values(args(), "-device")).toContain(
      "dwc-pcie-ep,id=ep,link=/t/link,wr-channels=2,ib-windows=16,ob-windows=16,atu-align=4096,msi-vectors=32,functions=1,msix=on,forgive-late-doorbell=random",
    );
  });

  test("can be of another profile, without eDMA, with engines and doorbells beside it", () => {
    const controller = {
      profile: "uniphier-nx1",
      "wr-channels": 0,
      "rd-channels": 0,
      "memcpy-engine": true,
      "msi-doorbells": true,
    };
    const other = topologySchema.parse({ controller });
    const device = values(qemuArguments("endpoint", { topology: other }, paths, "tcg"), "-device");
    expect(device.at(-1)).toBe(
      "dwc-pcie-ep,id=ep,link=/t/link,profile=uniphier-nx1,wr-channels=0,rd-channels=0,memcpy-engine=on,msi-parent=on,ib-windows=16,ob-windows=16,atu-align=4096,msi-vectors=32,functions=1,msix=on",
    );
  });

  test("need not say that its memory is coherent", () => {
    const other = topologySchema.parse({ controller: { dma: "non-coherent" } });
    const device = values(qemuArguments("endpoint", { topology: other }, paths, "tcg"), "-device");
    expect(device.at(-1)).toContain(",dma-coherent=off");
  });

  test("shares its memory, which the link hands to the other side", () => {
    expect(values(args(), "-object")).toEqual([
      "memory-backend-memfd,id=ram,size=1G,share=on,prealloc=on",
    ]);
    expect(values(args(), "-machine")[0]).toContain("memory-backend=ram");
  });

  test("boots its kernel with its image, on as many processors and as much memory as the scenario says", () => {
    const sized = topologySchema.parse({ endpoint: { memory: "768M", cpus: 3 } });
    const line = shellLine("qemu", qemuArguments("endpoint", { topology: sized }, paths, "tcg"));
    expect(line).toContain(" -m 768M -smp 3 -kernel /k/Image -initrd /t/initrd -append ");
    expect(line).toContain("memory-backend-memfd,id=ram,size=768M,");
  });

  test("has no device that nobody asked for, no screen, and ends where it would start anew", () => {
    const alone = args();
    for (const option of ["-nodefaults", "-no-user-config", "-no-reboot"]) {
      expect(alone).toContain(option);
    }
    expect(values(alone, "-display")).toEqual(["none"]);
    expect(values(alone, "-name")).toEqual(["ntb-edma-lab-endpoint"]);
    expect(values(alone, "-device").map((device) => device?.split(",")[0])).toEqual([
      ...["virtio-net-device", "dwc-pcie-ep"],
    ]);
    expect(values(alone, "-netdev")).toHaveLength(1);
  });

  test("prints its console on standard output, and is asked by QMP", () => {
    expect(values(args(), "-chardev")).toEqual(["stdio,id=console,signal=off"]);
    expect(values(args(), "-serial")).toEqual(["chardev:console"]);
    expect(values(args(), "-qmp")).toEqual(["unix:/t/qmp"]);
    expect(values(args(), "-append")[0]).toMatch(/^console=ttyAMA0 /);
  });

  test("ends with its kernel, which takes an oops for a panic", () => {
    const words = values(args(), "-append")[0]?.split(" ");
    expect(words).toEqual([
      "console=ttyAMA0",
      levelsOnConsole,
      "panic=-1",
      "oops=panic",
      "lab.name=endpoint",
    ]);
  });

  test("counts instructions when the scenario says so, by a device that tells how many", () => {
    const counting = topologySchema.parse({ "count-instructions": true });
    const counted = qemuArguments("endpoint", { topology: counting }, paths, "tcg");
    expect(values(counted, "-icount")).toEqual(["shift=2,sleep=on"]);
    expect(values(counted, "-device").at(-1)).toBe("instruction-counter,id=instructions");
  });

  test("emulates the scenario's CPU", () => {
    expect(values(args(), "-cpu")).toEqual(["cortex-a55"]);
    expect(values(args(), "-machine")[0]).toContain("accel=tcg");
  });

  test("has an IOMMU, with the controller behind it, when the scenario says so", () => {
    const behind = topologySchema.parse({ endpoint: { iommu: "smmuv3" } });
    const args = qemuArguments("endpoint", { topology: behind }, paths, "tcg");
    expect(values(args, "-machine")[0]).toContain(",iommu=smmuv3,");
    expect(values(args, "-device").at(-1)).toMatch(/^dwc-pcie-ep,.*,iommu=on,/);
    const without = qemuArguments("endpoint", { topology }, paths, "tcg");
    expect(without.join(" ")).not.toContain("iommu");
  });
});

describe("with several links", () => {
  const graph = topologySchema.parse({
    machines: {
      near: { role: "host" },
      far: { role: "host", card: { kind: "edda" } },
      soc: { role: "endpoint" },
      last: { role: "endpoint" },
    },
    links: {
      a: { host: "near", endpoint: "soc" },
      b: { host: "far", endpoint: "soc", controller: { "wr-channels": 1 } },
      c: { host: "far", endpoint: "last" },
    },
  });
  const devices = (name: string) => {
    const boot = { kernel: "/k", initrd: "/i" };
    const args = qemuArguments(name, { topology: graph }, vmPaths(graph, name, boot, "/t"), "tcg");
    return values(args, "-device").filter((device) => !device?.startsWith("virtio"));
  };

  test("an endpoint has a controller for each, at a place of its own", () => {
    expect(devices("soc")).toEqual([
      expect.stringMatching(/^dwc-pcie-ep,id=ep,link=\/t\/link-a,ib-windows/),
      expect.stringMatching(
        /^dwc-pcie-ep,id=ep1,link=\/t\/link-b,registers-base=0xb100000,outbound-base=0x6100000000,irq-base=200,wr-channels=1,/,
      ),
    ]);
    expect(devices("last")).toEqual([
      expect.stringMatching(/^dwc-pcie-ep,id=ep,link=\/t\/link-c,ib/),
    ]);
  });

  test("a host has a root port for each, and its card behind them", () => {
    expect(devices("far")).toEqual([
      "pcie-root-port,id=rp0,chassis=1,slot=1,power_controller_present=off,addr=1",
      "pcie-root-port,id=rp1,chassis=2,slot=2,power_controller_present=off,addr=2",
      "pcie-root-port,id=rp2,chassis=3,slot=3",
      "dwc-edma-pcie,id=card,bus=rp2,kind=edda",
    ]);
    expect([0, 1, 15].map(rootPortAddress)).toEqual([
      "0000:00:01.0",
      "0000:00:02.0",
      "0000:00:10.0",
    ]);
  });
});

describe("the host VM", () => {
  const args = () => qemuArguments("host", { topology }, paths, "kvm");

  test("has a card in a port of its own, with the scenario's properties", () => {
    const card = { kind: "mdb", "tells-memory": false, "wr-channels": 2 };
    const other = topologySchema.parse({ host: { card } });
    const both = values(qemuArguments("host", { topology: other }, paths, "tcg"), "-device");
    expect(both.slice(-2)).toEqual([
      "pcie-root-port,id=rp1,chassis=2,slot=2",
      "dwc-edma-pcie,id=card,bus=rp1,kind=mdb,wr-channels=2,tells-memory=off",
    ]);
    const endpoint = qemuArguments("endpoint", { topology: other }, paths, "tcg");
    expect(endpoint.join(" ")).not.toContain("dwc-edma-pcie");
    expect(args().join(" ")).not.toContain("dwc-edma-pcie");
  });

  test("has an empty root port and room behind it", () => {
    expect(values(args(), "-device")).toContain(
      "pcie-root-port,id=rp0,chassis=1,slot=1,power_controller_present=off,addr=1",
    );
    expect(args().join(" ")).not.toContain("dwc-pcie");
    expect(values(args(), "-append")[0]).toContain("hpmmiosize=64M");
    expect(values(args(), "-append")[0]?.split(" ")).toContain("pcie_port_pm=off");
  });

  test("gets its own memory size and kernel arguments", () => {
    expect(values(args(), "-m")).toEqual(["512M"]);
    expect(values(args(), "-append")[0]).toMatch(/lab\.name=host .*debug$/);
  });

  test("has the scenario's interrupt controller, but under KVM what the machine has", () => {
    const emulated = qemuArguments("host", { topology }, paths, "tcg");
    expect(values(emulated, "-machine")[0]).toContain("gic-version=2,");
    expect(values(args(), "-machine")[0]).toContain("gic-version=3,its=on,");
  });

  test("has no IOMMU unless the scenario says so", () => {
    expect(values(args(), "-machine")).toEqual([
      "virt,gic-version=3,its=on,memory-backend=ram,accel=kvm",
    ]);
  });

  test("is told to look for functions where the scenario says that it is", () => {
    const compat = (hotplug: string) => {
      const told = topologySchema.parse({ host: { hotplug } });
      const [words] = values(qemuArguments("host", { topology: told }, paths, "tcg"), "-append");
      return words?.split(" ").includes("pcie_ports=compat");
    };
    expect([compat("rescan"), compat("pciehp")]).toEqual([true, false]);
  });

  test("has a direct network only where it has sockets for it, and an address of its own there", () => {
    const without = qemuArguments("host", { topology }, paths, "tcg");
    expect(values(without, "-netdev")).toHaveLength(1);
    const addresses = ([0, 1] as const).map((end) => {
      const direct = { own: "/t/a", peer: "/t/b", end };
      const args = qemuArguments("host", { topology }, { ...paths, direct }, "tcg");
      return values(args, "-device").find((device) => device?.includes("netdev=direct"));
    });
    expect(addresses).toEqual([
      "virtio-net-device,netdev=direct,mac=52:54:00:77:00:01",
      "virtio-net-device,netdev=direct,mac=52:54:00:77:00:02",
    ]);
  });

  test("runs on the real CPU under KVM", () => {
    expect(values(args(), "-cpu")).toEqual(["host"]);
  });

  test("lets nobody in but the lab", () => {
    expect(values(args(), "-netdev")).toEqual([
      "user,id=ctl,restrict=on,hostfwd=tcp:127.0.0.1:0-:22",
    ]);
  });

  test("has an IOMMU and a direct network when the scenario says so", () => {
    const more = topologySchema.parse({ host: { iommu: "smmuv3" } });
    const direct = { own: "/t/h", peer: "/t/e", end: 0 } as const;
    const args = qemuArguments("host", { topology: more }, { ...paths, direct }, "tcg");
    expect(values(args, "-machine")[0]).toContain(",iommu=smmuv3,");
    expect(values(args, "-netdev")[1]).toBe(
      "dgram,id=direct,local.type=unix,local.path=/t/h,remote.type=unix,remote.path=/t/e",
    );
    expect(values(args, "-device")).toContain(
      "virtio-net-device,netdev=direct,mac=52:54:00:77:00:01",
    );
    expect(args.join(" ")).not.toContain("direct-network");
  });

  test("has no QMP without a socket", () => {
    const { qmp: _qmp, ...others } = paths;
    expect(qemuArguments("host", { topology }, others, "tcg")).not.toContain("-qmp");
  });
});

test("quotes for the shell what needs it", () => {
  expect(shellLine("qemu", ["-m", "1G", "-append", "it's a b"])).toBe(
    "qemu -m 1G -append 'it'\\''s a b'",
  );
});

describe("virtual time", () => {
  const timed = topologySchema.parse({ time: "virtual" });

  test("is a device of both VMs, before the controller, whose engine looks for it", () => {
    for (const role of ["host", "endpoint"] as const) {
      const args = qemuArguments(role, { topology: timed }, paths, "tcg");
      expect(values(args, "-icount")).toEqual(["shift=0,sleep=off"]);
      expect(values(args, "-device").slice(-2)).toEqual([
        "virtual-time,id=time,profile=r-car-s4,grid-ms=120",
        expect.stringMatching(/^(dwc-pcie-ep|pcie-root-port),/),
      ]);
    }
  });

  test("has a port for the guest's commands where the lab listens for one, of which the guest is told", () => {
    const ported = { ...paths, commands: "/t/commands" };
    const args = qemuArguments("host", { topology: timed }, ported, "tcg");
    expect(values(args, "-chardev")).toContain("socket,id=commands,path=/t/commands");
    expect(values(args, "-device")).toContain(
      "virtual-time,id=time,profile=r-car-s4,grid-ms=120,commands=commands,port-base=0x0bf00000",
    );
    expect(values(args, "-append")[0]?.split(" ")).toContain("lab.port=0x0bf00000");
    expect(values(args, "-global")).toEqual(["virtio-mmio.ioeventfd=off"]);
  });

  test("has CPUs that sleep where the topology says so", () => {
    const sleepy = topologySchema.parse({ time: "virtual", cpuidle: true });
    expect(values(qemuArguments("host", { topology: sleepy }, paths, "tcg"), "-device")).toContain(
      "virtual-time,id=time,profile=r-car-s4,grid-ms=120,cpuidle=on",
    );
  });

  test("varies by the seed that the topology has", () => {
    const seeded = topologySchema.parse({ time: "virtual", seed: 7 });
    expect(values(qemuArguments("host", { topology: seeded }, paths, "tcg"), "-device")).toContain(
      "virtual-time,id=time,profile=r-car-s4,grid-ms=120,seed=7",
    );
  });

  test("takes nothing from this machine's clock and its random numbers", () => {
    const args = qemuArguments("host", { topology: timed }, paths, "tcg");
    expect(values(args, "-rtc")).toEqual(["base=2026-01-01T00:00:00,clock=vm"]);
    expect(values(args, "-seed")).toEqual(["1"]);
    expect(values(args, "-append")[0]?.split(" ")).toContain("norandmaps");
  });

  test("is none by default", () => {
    const args = qemuArguments("host", { topology }, paths, "tcg");
    expect(args.join(" ")).not.toMatch(
      /icount|virtual-time|rtc|seed|norandmaps|lab.port|ioeventfd/,
    );
  });
});

describe("a host that is a PC", () => {
  const pc = topologySchema.parse({
    host: { machine: "q35", iommu: "intel", memory: "512M" },
  });
  const direct = { own: "/t/h", peer: "/t/e", end: 0 } as const;
  const args = qemuArguments("host", { topology: pc }, { ...paths, direct }, "tcg");

  test("is a q35 whose slots are native, with an IOMMU before what it translates", () => {
    expect(values(args, "-machine")).toEqual(["q35,memory-backend=ram,accel=tcg"]);
    expect(values(args, "-global")).toEqual(["ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]);
    expect(values(args, "-device")).toEqual([
      "intel-iommu,intremap=on",
      "virtio-net-pci,netdev=ctl,addr=0x18,romfile=",
      "virtio-net-pci,netdev=direct,mac=52:54:00:77:00:01,addr=0x19,romfile=",
      expect.stringMatching(/^pcie-root-port,id=rp0,.*,mem-reserve=64M,pref64-reserve=64M$/),
    ]);
    expect(values(args, "-append")[0]).toContain(
      `console=ttyS0 ${levelsOnConsole} no_timer_check `,
    );
  });

  test("has no IOMMU where none is asked for, and its interrupts split under KVM where there is one", () => {
    const without = topologySchema.parse({ host: { machine: "q35" } });
    const plain = qemuArguments("host", { topology: without }, paths, "kvm");
    expect(values(plain, "-device").join()).not.toContain("iommu");
    expect(values(plain, "-machine")).toEqual(["q35,memory-backend=ram,accel=kvm"]);
    const kvm = qemuArguments("host", { topology: pc }, paths, "kvm");
    expect(values(kvm, "-machine")[0]).toContain("kernel-irqchip=split");
    expect(values(kvm, "-cpu")).toEqual(["host"]);
  });

  test("has an endpoint of 64-bit Arm", () => {
    const other = qemuArguments("endpoint", { topology: pc }, paths, "tcg");
    expect(values(other, "-machine")[0]).toMatch(/^virt,gic-version=3/);
    expect(values(other, "-append")[0]).toContain("console=ttyAMA0 ");
  });
});
