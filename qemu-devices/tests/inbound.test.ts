// SPDX-License-Identifier: MIT
/** Windows onto the endpoint's devices: its main loop makes those accesses, some at a time. */
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { messagesSent } from "./harness/link-trace.ts";
import { LinkedPair } from "./harness/linked-pair.ts";

const distributor = 0x0800_0000n;
/** A byte for each interrupt, which keeps the five upper bits. */
const priorities = 0x400n;
/** More than one turn of the main loop makes. */
const writes = 3000;
const words = 64;

it("writes to a device arrive all and in order, however many wait", async () => {
  const pair = await LinkedPair.start({ trace: "dwc_inbound_later" });
  try {
    await pair.implementBar(0, 0x10000);
    await pair.iatu.mapBar(0, 0, distributor);
    const at = (await pair.linkUp()).get(0)?.address ?? 0n;
    // The main loop reads what nobody answers for, and so lets all of them wait.
    const busy = pair.endpoint.qmp.execute("pmemsave", {
      ...{ val: 0x1000_0000, size: 0x800_0000, filename: "/dev/null" },
    });
    let isBusy = true;
    void busy.then(() => {
      isBusy = false;
    });
    await setTimeout(50);
    const posted: Promise<void>[] = [];
    for (let n = 0; n < writes; n++) {
      // Every word is written again and again; the last round's values stay.
      const word = BigInt(n % words) * 4n;
      posted.push(pair.host.bus.writel(at + priorities + 0x20n + word, (n & 0x1f) << 3));
    }
    await Promise.all(posted);
    expect(isBusy, "they all came while the main loop was busy").toBe(true);
    await busy;
    expect(
      await pair.host.bus.readl(at + priorities + 0x20n + BigInt((writes - 1) % words) * 4n),
    ).toBe(((writes - 1) & 0x1f) << 3);
    for (let word = 0; word < words; word++) {
      const last = word + Math.floor((writes - 1 - word) / words) * words;
      expect(
        await pair.endpoint.bus.readl(distributor + priorities + 0x20n + BigInt(word * 4)),
      ).toBe((last & 0x1f) << 3);
    }
    const log = await readFile(pair.endpoint.log, "utf8");
    expect(log).toContain("dwc_inbound_later 1024 made");
  } finally {
    await pair.stop();
  }
});

it("the host waits each 4096 writes until they have been made, so that none too many wait", async () => {
  const pair = await LinkedPair.start({}, { hostMessages: true });
  try {
    await pair.implementBar(0, 0x10000);
    await pair.iatu.mapBar(0, 0, distributor);
    const at = (await pair.linkUp()).get(0)?.address ?? 0n;
    const flushes = () => messagesSent(pair.host, "FLUSH");
    const word = priorities + 0x20n;
    const post = async (count: number) => {
      const posted = Array.from({ length: count }, (_, n) =>
        pair.host.bus.writel(at + word, (n & 0x1f) << 3),
      );
      await Promise.all(posted);
    };
    await post(3 * 4096 - 1);
    await eventually(flushes, 2);
    await post(1);
    await eventually(flushes, 3);
    // What it has waited for is made.
    expect(await pair.endpoint.bus.readl(distributor + word)).toBe(0);
  } finally {
    await pair.stop();
  }
});
