// SPDX-License-Identifier: MIT
/** What the SA8775P's glue tells of resets, of which a hot one comes as two messages, and of writes close together. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import { linkMessage, messageType, RawPeer } from "./harness/raw-peer.ts";
import {
  busMaster,
  debugInterrupts,
  deviceType,
  intClear,
  intMask,
  intStatus,
  linkDown,
  linkUp,
  ltssm,
  ltssmEnable,
  powerState,
  resets,
} from "./harness/sa8775p.ts";

let pair: LinkedPair;
let peer: RawPeer;
const status = () => pair.endpoint.bus.readl(intStatus);
const replies = () => peer.received.filter((type) => type === messageType.reply).length;

/** One event after the other, as the driver takes them. */
async function take(...events: readonly number[]) {
  for (const event of events) {
    await eventually(status, event);
    await pair.endpoint.bus.writel(intClear, event);
  }
}

beforeEach(async () => {
  pair = await LinkedPair.start({ profile: "sa8775p" });
  const { bus } = pair.endpoint;
  await bus.writel(resets, 1);
  await bus.writel(deviceType, 0);
  await bus.writel(intMask, linkDown | busMaster | powerState | linkUp);
  await bus.writel(debugInterrupts, 6);
  await bus.writel(ltssm, ltssmEnable);
  peer = (await RawPeer.connect(pair.linkPath)).listen();
  peer.greet({ master: true });
  await take(linkUp, busMaster);
  await eventually(async () => replies(), 1);
});
afterEach(async () => {
  peer?.hangUp();
  await pair?.stop();
});

/** The host's write of a register of 16 bits. */
function writeConfig(register: number, value: number): Buffer {
  const write = Buffer.alloc(8);
  write.writeUInt16LE(register, 0);
  write.writeUInt16LE(2, 2);
  write.writeUInt32LE(value, 4);
  return linkMessage(messageType.cfgWrite, write, 4);
}

/** To another D state. */
const moveTo = (state: number) => peer.socket.write(writeConfig(0x44, state));

it("tells of a hot reset when the function has been reset, and of no bus mastering from before", async () => {
  // The two messages of a reset are far apart: an answer says that the first one has come.
  peer.send(messageType.hotReset);
  peer.readBar(0, 0, 2);
  await eventually(async () => replies(), 2);
  for (let looks = 0; looks < 3; looks++) expect(await status()).toBe(0);
  peer.send(messageType.reset, undefined, 3);
  await take(linkDown, linkUp);
  expect(await status()).toBe(0);
});

it("a hot reset moves the function to D0, of which it does not tell", async () => {
  moveTo(3);
  await take(powerState);
  peer.send(messageType.hotReset);
  peer.send(messageType.reset, undefined, 3);
  await take(linkDown, linkUp);
  expect(await status()).toBe(0);
  moveTo(3);
  await take(powerState);
});

it("the link's end moves the function to D0, of which it does not tell", async () => {
  moveTo(3);
  await take(powerState);
  peer.hangUp();
  await take(linkDown);
  expect(await status()).toBe(0);
});

it("tells of what the host does in between of two writes that come at once", async () => {
  const off = 0x02;
  const on = 0x06;
  for (let times = 0; times < 20; times++) {
    peer.socket.write(Buffer.concat([writeConfig(0x04, off), writeConfig(0x04, on)]));
    await take(busMaster);
  }
  peer.socket.write(Buffer.concat([writeConfig(0x44, 3), writeConfig(0x44, 0)]));
  await take(powerState);
});
