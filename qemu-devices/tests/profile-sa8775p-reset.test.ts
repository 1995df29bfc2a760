// SPDX-License-Identifier: MIT
/** What the SA8775P's glue tells of a hot reset, whose two messages come one after the other. */
import { expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import { messageType, RawPeer } from "./harness/raw-peer.ts";

const registers = 0x0b00_0000n;
const parf = registers + 0x3_0000n;
const resets = registers + 0x5_0000n;

const debugInterrupts = parf + 0x190n;
const ltssm = parf + 0x1b0n;
const intStatus = parf + 0x224n;
const intClear = parf + 0x228n;
const intMask = parf + 0x22cn;
const deviceType = parf + 0x1000n;

const ltssmEnable = 1 << 8;
const linkDown = 1 << 1;
const busMaster = 1 << 2;
const linkUp = 1 << 13;

it("tells of a hot reset when the function has been reset, and of no bus mastering from before", async () => {
  const pair = await LinkedPair.start({ profile: "sa8775p" });
  const { bus } = pair.endpoint;
  try {
    await bus.writel(resets, 1);
    await bus.writel(deviceType, 0);
    await bus.writel(intMask, linkDown | busMaster | linkUp);
    await bus.writel(debugInterrupts, 4);
    await bus.writel(ltssm, ltssmEnable);
    const peer = (await RawPeer.connect(pair.linkPath)).listen();
    peer.greet({ master: true });
    for (const event of [linkUp, busMaster]) {
      await eventually(() => bus.readl(intStatus), event);
      await bus.writel(intClear, event);
    }
    // The two messages of a reset are far apart: an answer says that the first one has come.
    const replies = () => peer.received.filter((type) => type === messageType.reply).length;
    await eventually(async () => replies(), 1);
    peer.send(messageType.hotReset);
    peer.readBar(0, 0, 2);
    await eventually(async () => replies(), 2);
    for (let looks = 0; looks < 3; looks++) expect(await bus.readl(intStatus)).toBe(0);
    peer.send(messageType.reset, undefined, 3);
    for (const event of [linkDown, linkUp]) {
      await eventually(() => bus.readl(intStatus), event);
      await bus.writel(intClear, event);
    }
    expect(await bus.readl(intStatus)).toBe(0);
    peer.hangUp();
  } finally {
    await pair.stop();
  }
});
