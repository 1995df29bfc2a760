// SPDX-License-Identifier: MIT
/** What the host's root port finds wrong with the link's traffic (PCIe base specification, 6.2, 7.8.4: AER). */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { advisory, aer, completionTimeout, poisoned, unsupportedRequest } from "./harness/aer.ts";
import { local, startList, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { messagesSent } from "./harness/link-trace.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { config } from "./harness/root-complex.ts";

const { uncorrectable, correctable, header, rootCommand, rootStatus, errorSource } = aer;

const nonFatal = 1 << 1;

/** Beyond all that `virt` decodes. */
const nowhere = 0xff_ffff_0000_0000n;
/** In the host's GIC. Not RAM, so that what is written there comes as a message. */
const priorities = 0x0800_0420n;
const window = endpointMap.outbound;
const barAt = 0x1000_0000n;
const rootPort = 4;

let pair: LinkedPair;
const port = (register: number) => pair.rootComplex.readPort(register);

describe("a request that nobody in the host answers", () => {
  beforeEach(async () => {
    pair = await LinkedPair.start();
    await pair.implementBar(0, 0x10000);
    await pair.linkUp();
    await pair.iatu.mapOutbound(0, window, 0x1000n, nowhere);
  });
  afterEach(() => pair?.stop());

  it("is an unsupported request, with the header of what was written", async () => {
    await pair.endpoint.bus.writel(window + 0x24n, 1);
    await eventually(() => port(uncorrectable), unsupportedRequest);
    // A write of a double word to 64 bits of address, by 01:00.0, all four bytes.
    expect(await port(header(0))).toBe(0x6000_0001);
    expect(await port(header(1))).toBe(0x0100_000f);
    expect(await port(header(2))).toBe(0x00ff_ffff);
    expect(await port(header(3))).toBe(0x0000_0024);
    expect(await port(rootStatus), "nobody wants to know").toBe(0);
  });

  it("names the bytes that were meant", async () => {
    await pair.endpoint.bus.writew(window + 0x26n, 1);
    await eventually(() => port(uncorrectable), unsupportedRequest);
    expect(await port(header(0))).toBe(0x6000_0001);
    expect(await port(header(1))).toBe(0x0100_000c);
    expect(await port(header(3))).toBe(0x0000_0024);
  });

  it.each([
    // A double word is four bytes: the longest payload after a reset, the rest of a page.
    ["is no longer than the function's payloads may be", 0x10, 32],
    ["ends with the page that it begins in, as no request goes beyond", 0xfc0, 16],
  ])("%s", async (_, at, words) => {
    const destination = nowhere + BigInt(at);
    const element = { source: local, destination, size: 4096, flags: control.cycle };
    await startList(pair, "write", 0, [element, wrap]);
    await eventually(() => port(uncorrectable), unsupportedRequest);
    expect(await port(header(0))).toBe(0x6000_0000 + words);
    expect(await port(header(1))).toBe(0x0100_00ff);
    expect(await port(header(3))).toBe(at);
  });

  it("is a poisoned one first, if the data was", async () => {
    await pair.endpoint.qmp.execute("qom-set", {
      path: "/machine/peripheral/ep",
      ...{ property: "aborts", value: { direction: "write", error: "poisoned", count: 1 } },
    });
    const element = { source: local, destination: nowhere + 0x10n, size: 8, flags: control.cycle };
    await startList(pair, "write", 0, [element, wrap]);
    await eventually(() => port(uncorrectable), poisoned);
    // Two double words, both whole, marked as poisoned.
    expect(await port(header(0))).toBe(0x6000_4002);
    expect(await port(header(1))).toBe(0x0100_00ff);
    expect(await port(header(3))).toBe(0x0000_0010);
  });

  it("is advisory if it is a read, whose requester is told", async () => {
    expect(await pair.endpoint.bus.readl(window)).toBe(0xffff_ffff);
    await eventually(() => port(correctable), advisory);
    expect(await port(rootStatus)).toBe(0);
  });

  it("is told to the host's software that wants to know, with the port as the source", async () => {
    const { rootComplex } = pair;
    const express = await rootComplex.portCapability(0x10);
    await rootComplex.writePort(express + 8, 0xf);
    await rootComplex.writePort(0x3c, (await port(0x3c)) | (1 << 17));
    await rootComplex.writePort(0x04, (await port(0x04)) | (1 << 8));
    await rootComplex.writePort(rootCommand, nonFatal);
    await pair.endpoint.bus.writel(window, 1);
    await eventually(async () => (await port(rootStatus)) & 0x7f, (1 << 5) | (1 << 2));
    expect((await port(errorSource)) >>> 16).toBe(rootPort << 3);
  });

  it("is none if the function may not be bus master any more: nothing of it is under way", async () => {
    const { rootComplex, host, endpoint } = pair;
    await pair.iatu.mapOutbound(0, window, 0x1000n, priorities);
    const latency = { path: "/machine/peripheral/fn0", property: "latency-us", value: 300_000 };
    await host.qmp.execute("qom-set", latency);
    // The host's main loop takes the write up when it has the answer to its own.
    const written = rootComplex.writeConfig(config.command, 1 << 1);
    await endpoint.bus.writel(window, 1);
    await written;
    await host.qmp.execute("qom-set", { ...latency, value: 0 });
    await rootComplex.writeConfig(config.command, 3 << 1);
    // Its answer comes behind the write.
    await endpoint.bus.readl(window);
    expect(await port(uncorrectable)).toBe(0);
    expect(await port(correctable)).toBe(0);
  });

  it("is none if it is answered", async () => {
    await pair.iatu.mapOutbound(0, window, 0x1000n, ramBase);
    await pair.endpoint.bus.writel(window, 1);
    expect(await pair.endpoint.bus.readl(window)).toBe(1);
    expect(await port(uncorrectable)).toBe(0);
  });
});

describe("a read of the host's that is under way when the endpoint dies", () => {
  it("times out", async () => {
    pair = await LinkedPair.start({}, { hostMessages: true });
    try {
      await pair.implementBar(0, 0x10000);
      await pair.linkUp();
      const latency = { path: "/machine/peripheral/fn0", property: "latency-us", value: 900_000 };
      await pair.host.qmp.execute("qom-set", latency);
      const read = pair.host.bus.readl(barAt);
      await eventually(() => messagesSent(pair.host, "BAR_READ"), 1);
      await pair.endpoint.stop();
      expect(await read).toBe(0xffff_ffff);
      expect(await port(uncorrectable)).toBe(completionTimeout);
    } finally {
      await pair.stop();
    }
  });
});
