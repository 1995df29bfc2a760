// SPDX-License-Identifier: MIT
/** Writes of the engine whose payloads are longer than the host's port takes (PCIe base specification, 2.2.2: MPS). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  data,
  local,
  pattern,
  remote,
  startDma,
  startList,
  untilState,
  wrap,
} from "./harness/dma.ts";
import { control, type Direction } from "./harness/edma.ts";
import { endpointMap, type LinkedPair } from "./harness/linked-pair.ts";

const { cycle } = control;
/** Where QEMU's root port has its AER status. */
const uncorrectable = 0x104;
const header = 0x11c;
const malformed = 1 << 18;
const express = 0x10;

let pair: LinkedPair;
let deviceControl: number;

async function start(options: Record<string, string> = {}): Promise<void> {
  pair = await startDma(options);
  deviceControl = (await pair.rootComplex.functionCapability(express)) + 8;
}

/** Codes of MPS: 0 is 128 bytes, each further one twice as much. */
async function setPayload(code: number): Promise<void> {
  const before = await pair.rootComplex.readConfig(deviceControl);
  await pair.rootComplex.writeConfigWord(deviceControl, (before & 0xff1f) | (code << 5));
}

async function move(direction: Direction, size: number): Promise<Buffer> {
  const [from, to] =
    direction === "write" ? [pair.endpoint.bus, pair.host.bus] : [pair.host.bus, pair.endpoint.bus];
  const [source, destination] = direction === "write" ? [local, remote] : [remote, local];
  await from.write(source, pattern(size, 7));
  await to.write(destination, Buffer.alloc(size));
  await startList(pair, direction, 0, [data(direction, size, cycle), wrap]);
  await untilState(pair, direction, 0, "stopped");
  return to.read(destination, size);
}

const found = () => pair.rootComplex.readPort(uncorrectable);

describe("a function whose payloads are longer than the port takes", () => {
  beforeAll(() => start());
  afterAll(() => pair?.stop());
  beforeEach(async () => {
    await setPayload(1);
    await pair.rootComplex.writePort(uncorrectable, 0xffff_ffff);
  });

  it("sends malformed requests, whose data is dropped, and does not hear of it", async () => {
    expect(await move("write", 512)).toEqual(Buffer.alloc(512));
    expect(await found()).toBe(malformed);
    // 256 bytes, to 32 bits of address.
    expect(await pair.rootComplex.readPort(header)).toBe(0x4000_0040);
    expect(await pair.edma.read("errorStatusLow", "write")).toBe(0);
  });

  it("can send what is short enough", async () => {
    expect(await move("write", 128)).toEqual(pattern(128, 7));
    expect(await found()).toBe(0);
  });

  it("can read, for completions are as long as the port makes them", async () => {
    expect(await move("read", 512)).toEqual(pattern(512, 7));
    expect(await found()).toBe(0);
  });

  it("can send all again when the host has put it right", async () => {
    await setPayload(0);
    expect(await move("write", 512)).toEqual(pattern(512, 7));
    expect(await found()).toBe(0);
  });

  it("is the same if the endpoint's software has made it so", async () => {
    await setPayload(0);
    const capability = endpointMap.dbi + BigInt(deviceControl);
    await pair.endpoint.bus.writel(
      capability,
      ((await pair.endpoint.bus.readl(capability)) & 0xff1f) | (1 << 5),
    );
    expect(await move("write", 512)).toEqual(Buffer.alloc(512));
    expect(await found()).toBe(malformed);
  });
});

describe("a controller that forgives", () => {
  beforeAll(() => start({ "forgive-payload": "on" }));
  afterAll(() => pair?.stop());

  it("sends as much as the port takes", async () => {
    await setPayload(1);
    expect(await move("write", 512)).toEqual(pattern(512, 7));
    expect(await found()).toBe(0);
  });
});
