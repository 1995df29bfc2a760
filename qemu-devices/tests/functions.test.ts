// SPDX-License-Identifier: MIT
/** A controller with two functions. Rules: Linux `pcie-designware-ep.c`, `pcie-designware.h`, `pcie-rcar-gen4.c`. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { functionsOfProfile, profiles } from "../../orchestrator/scenario/topology/controller.ts";
import { eventually } from "./harness/eventually.ts";
import { functionNumber } from "./harness/iatu.ts";
import { endpointMap, LinkedPair, type PairOptions, ramBase } from "./harness/linked-pair.ts";
import { peerRam } from "./harness/memory-map.ts";
import type { RootComplex } from "./harness/root-complex.ts";
import { config } from "./harness/root-complex.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";

const resets = 0x0b05_0000n;
const app = 0x0b03_0000n;
const ltssmEnable = 1;
const miscControl = 0x8bcn;
/** Of each function, as `pcie-rcar-gen4.c` has them. */
const dbi = (of: number) => endpointMap.dbi + BigInt(of) * 0x1000n;
const dbi2 = (of: number) => endpointMap.dbi2 + BigInt(of) * 0x800n;
/** Host memory that the endpoint reaches by a window of each function's. */
const window = (of: number) => endpointMap.outbound + BigInt(of) * 0x10_0000n;
const hostMemory = ramBase + 0x200_0000n;
const behindBar = (of: number) => ramBase + 0x10_0000n + BigInt(of) * 0x10_0000n;
const barSpace = [0x1000_0000n, 0x1100_0000n] as const;
const multifunction = 0x80;
const msiCapability = 5;
const flr = 1 << 15;
/** GICD_ISPENDR of interrupts 160 to 191: a place where a write of a function can be seen. */
const seen = 0x0800_0214n;

let pair: LinkedPair;
let host: readonly [RootComplex, RootComplex];
let bars: bigint[];
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);
const readl = (address: bigint) => pair.endpoint.bus.readl(address);

/** What the endpoint's driver does, up to a link that can be plugged. */
async function configure() {
  await writel(app, 0);
  await writel(resets, 1);
  await writel(dbi(0) + miscControl, 1);
  for (const of of [0, 1]) {
    await writel(dbi(of), 0xb500_104c + (of << 16));
    await writel(dbi2(of) + 0x10n, 1);
    await pair.iatu.mapBar(of, 0, behindBar(of), of);
    await pair.iatu.mapOutbound(of, window(of), 0x1000n, hostMemory, functionNumber(of));
  }
  await writel(dbi(0) + miscControl, 0);
  await writel(app + 0x14n, ltssmEnable);
}

async function plug() {
  await pair.plugFunction();
  await pair.rootComplex.openRootPort();
  bars = [];
  for (const of of [0, 1] as const) {
    const assigned = await host[of].assignBars(barSpace[of]);
    bars.push(assigned.get(0)?.address ?? 0n);
  }
}

async function start(options: PairOptions = {}) {
  pair = await LinkedPair.start({ profile: "r-car-s4", functions: 2 }, options);
  host = [pair.rootComplex, pair.rootComplex.of(1)];
  await configure();
  await plug();
}

describe("two functions", () => {
  beforeEach(() => start());
  afterEach(() => pair?.stop());

  it("have headers of their own, opened by one bit of the port logic, and say that there are several", async () => {
    for (const of of [0, 1] as const) {
      expect(await readl(dbi(of))).toBe(0xb500_104c + (of << 16));
      expect(await host[of].readConfig(config.vendor)).toBe(0xb500_104c + (of << 16));
      expect((await host[of].readConfig(0x0c)) >>> 16).toBe(multifunction);
    }
    await writel(dbi(1), 0x1234_5678);
    expect(await readl(dbi(1)), "DBI_RO_WR_EN is off").toBe(0xb501_104c);
    // Of the second one's, too, it is the first one's port logic.
    await writel(dbi(1) + miscControl, 1);
    expect(await readl(dbi(0) + miscControl)).toBe(1);
    expect(await pair.rootComplex.of(2).readConfig(config.vendor), "no third one").toBe(
      0xffff_ffff,
    );
  });

  it("lead by the same BAR to where the region of each leads", async () => {
    await pair.host.bus.writel(bars[0] ?? 0n, 0x1111_1111);
    await pair.host.bus.writel(bars[1] ?? 0n, 0x2222_2222);
    await eventually(() => readl(behindBar(0)), 0x1111_1111);
    await eventually(() => readl(behindBar(1)), 0x2222_2222);
    await writel(behindBar(1) + 4n, 0x3333_3333);
    expect(await pair.host.bus.readl((bars[1] ?? 0n) + 4n)).toBe(0x3333_3333);
    expect(await pair.host.bus.readl((bars[0] ?? 0n) + 4n)).toBe(0);
  });

  it("show memory only when what was written there through the other one has arrived", async () => {
    // 256 bytes are no page, so they trap.
    await pair.iatu.disable("inbound", 1);
    await writel(dbi2(0) + 0x20n, 1);
    await pair.iatu.mapBar(2, 4, behindBar(1), 0);
    const small = (await host[0].assignBars(barSpace[0])).get(4)?.address ?? 0n;
    const latency = { path: "/machine/peripheral/fn0", property: "latency-us", value: 500_000 };
    await pair.host.qmp.execute("qom-set", latency);
    await pair.host.bus.writel(small, 0x6666_6666);
    await pair.iatu.mapBar(1, 0, behindBar(1), 1);
    const shown = () => peerRam(pair.host, bars[1] ?? 0n, 0x1000n);
    await eventually(async () => (await shown()).length, 1);
    expect(await pair.host.bus.readl(bars[1] ?? 0n)).toBe(0x6666_6666);
  });

  it("a region that names no function is for both", async () => {
    await pair.iatu.disable("inbound", 1);
    await pair.iatu.mapBar(0, 0, behindBar(0));
    await writel(behindBar(0), 0x4444_4444);
    expect(await pair.host.bus.readl(bars[0] ?? 0n)).toBe(0x4444_4444);
    expect(await pair.host.bus.readl(bars[1] ?? 0n)).toBe(0x4444_4444);
  });

  it("request what the host lets each of them", async () => {
    await pair.host.bus.writel(hostMemory, 0x5555_5555);
    await host[1].disableBusMaster();
    expect(await readl(window(0))).toBe(0x5555_5555);
    expect(await readl(window(1)), "not a bus master").toBe(0xffff_ffff);
    await host[1].enable();
    await host[0].disableBusMaster();
    expect(await readl(window(1))).toBe(0x5555_5555);
    expect(await readl(window(0)), "not a bus master").toBe(0xffff_ffff);
  });

  it("an MSI is held back by the masks of the function that sends it", async () => {
    const capability = await host[1].functionCapability(msiCapability);
    for (const function_ of host) {
      await function_.writeConfig(capability + 4, Number(seen));
      await function_.writeConfig(capability + 8, 0);
      await function_.writeConfigWord(capability + 0xc, 0x100);
      await function_.writeConfigWord(capability + 2, 1);
    }
    await host[1].writeConfig(capability + 0x10, 1);
    await pair.iatu.mapOutbound(1, window(1), 0x1000n, seen & ~0xfffn, functionNumber(1));
    await pair.iatu.mapOutbound(0, window(0), 0x1000n, seen & ~0xfffn, functionNumber(0));
    const pending = (of: 0 | 1) => () => host[of].readConfig(capability + 0x14);
    const happened = () => pair.host.bus.readl(seen);
    await writel(window(1) + (seen & 0xfffn), 0x100);
    await eventually(pending(1), 1);
    expect(await pending(0)()).toBe(0);
    expect(await happened()).toBe(0);
    await writel(window(0) + (seen & 0xfffn), 0x100);
    await eventually(happened, 0x100);
    expect((await pair.stats()).msi).toBe(2);
    await host[1].writeConfig(capability + 0x10, 0);
    await eventually(pending(1), 0);
  });

  it("a reset of one leaves the other as it is", async () => {
    const express = await host[1].functionCapability(0x10);
    const control = (await host[1].readConfig(express + 8)) & 0xffff;
    await host[1].writeConfigWord(express + 8, control | flr);
    expect((await host[1].readConfig(config.command)) & 6).toBe(0);
    expect((await host[0].readConfig(config.command)) & 6).toBe(6);
    await writel(behindBar(0), 0x6666_6666);
    expect(await pair.host.bus.readl(bars[0] ?? 0n)).toBe(0x6666_6666);
    expect(await host[1].readConfig(config.vendor)).toBe(0xb501_104c);
  });

  it("go with the link, both, and come back", async () => {
    const deleted = pair.functionDeleted();
    await writel(app + 0x14n, 0);
    await deleted;
    for (const function_ of host) expect(await function_.readConfig(0)).toBe(0xffff_ffff);
    await writel(app + 0x14n, ltssmEnable);
    await plug();
    await writel(behindBar(1), 0x7777_7777);
    expect(await pair.host.bus.readl(bars[1] ?? 0n)).toBe(0x7777_7777);
  });
});

describe("behind an IOMMU", () => {
  afterEach(() => pair?.stop());

  it("what one of them was handed out is not for the other", async () => {
    const iova = 0x8000_0000n;
    await start({ hostArguments: smmuArguments });
    const smmu = new Smmu(pair.host.bus, ramBase + 0x100_0000n);
    // Bus 1, device 0, function 1 alone.
    await smmu.enable(0x101);
    await smmu.map(iova, hostMemory);
    await pair.host.bus.writel(hostMemory, 0x1234_5678);
    for (const of of [0, 1]) {
      await pair.iatu.mapOutbound(of, window(of), 0x1000n, iova, functionNumber(of));
    }
    expect(await readl(window(1))).toBe(0x1234_5678);
    expect(await readl(window(0)), "refused").toBe(0xffff_ffff);
    expect(await readl(window(1)), "and again").toBe(0x1234_5678);
    await smmu.unmap(iova);
    expect(await readl(window(1)), "taken back").toBe(0xffff_ffff);
  });
});

describe("functions that cannot be", () => {
  const refusal = async (properties: Readonly<Record<string, string | number>>) => {
    const started = LinkedPair.start(properties).then((pair) => pair.stop());
    await expect(started).rejects.toThrow(/at most/);
    return started.catch((error: Error) => error.message);
  };

  it("are as many as scenarios may ask for, of each profile", async () => {
    for (const profile of profiles) {
      const most = functionsOfProfile[profile] ?? 1;
      expect(await refusal({ profile, functions: most + 1 })).toContain(
        `the profile ${profile} has ${most} function${most > 1 ? "s" : ""} at most`,
      );
    }
  });

  it("are told with how many the profile has", async () => {
    expect(await refusal({ functions: 2 })).toMatch(
      /the profile plat has 1 function at most, not 2/,
    );
    expect(await refusal({ profile: "r-car-s4", functions: 3 })).toMatch(
      /the profile r-car-s4 has 2 functions at most, not 3/,
    );
    expect(await refusal({ profile: "r-car-s4", functions: 0 })).toMatch(/at most, not 0/);
  });
});
