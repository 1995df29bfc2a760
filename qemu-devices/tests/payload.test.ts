// SPDX-License-Identifier: MIT
/** Writes of the engine whose payloads are longer than the host's port takes (PCIe base specification, 2.2.2: MPS). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aer, malformed } from "./harness/aer.ts";
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

async function move(direction: Direction, size: number, at = 0n): Promise<Buffer> {
  const [from, to] =
    direction === "write" ? [pair.endpoint.bus, pair.host.bus] : [pair.host.bus, pair.endpoint.bus];
  const [source, destination] =
    direction === "write" ? [local + at, remote + at] : [remote + at, local + at];
  await from.write(source, pattern(size, 7));
  await to.write(destination, Buffer.alloc(size));
  await startList(pair, direction, 0, [data(direction, size, cycle, at), wrap]);
  await untilState(pair, direction, 0, "stopped");
  return to.read(destination, size);
}

const found = () => pair.rootComplex.readPort(aer.uncorrectable);

describe("a function whose payloads are longer than the port takes", () => {
  beforeAll(() => start());
  afterAll(() => pair?.stop());
  beforeEach(async () => {
    await setPayload(1);
    await pair.rootComplex.writePort(aer.uncorrectable, 0xffff_ffff);
  });

  it("sends malformed requests, whose data is dropped, and does not hear of it", async () => {
    expect(await move("write", 512)).toEqual(Buffer.alloc(512));
    expect(await found()).toBe(malformed);
    // 256 bytes, to 32 bits of address.
    expect(await pair.rootComplex.readPort(aer.header(0))).toBe(0x4000_0040);
    expect(await pair.edma.read("errorStatusLow", "write")).toBe(0);
  });

  it.each([
    ["of 256 bytes, but not a short rest", 320, 0n, 0x40],
    ["that a double word in part makes longer than the port's", 128, 3n, 0x21],
    ["that begins within a double word, as long as its own limit", 320, 2n, 0x40],
  ])("has requests dropped %s", async (_, size, at, words) => {
    const arrived = await move("write", size, at);
    const taken = 4 * words - Number(at);
    const expected = pattern(size, 7).fill(0, 0, Math.min(taken, size));
    expect(arrived).toEqual(expected);
    expect(await found()).toBe(malformed);
    expect(await pair.rootComplex.readPort(aer.header(0))).toBe(0x4000_0000 + words);
  });

  it("is heard where the end of a page makes its requests short enough", async () => {
    expect(await move("write", 200, 0xf9cn)).toEqual(pattern(200, 7));
    expect(await found()).toBe(0);
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
