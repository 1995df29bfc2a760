// SPDX-License-Identifier: MIT
/** A latency ends while some writers may wait for what is under way and others may not. */
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { data, startDma, startList, untilState, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap } from "./harness/linked-pair.ts";

/** In the host's GIC, where writes of the endpoint's travel: two words of priorities. */
const distributor = 0x0800_0000n;
const [engines, hosts] = [0x420n, 0x424n];
const lateMs = 200;

it("an interrupt message gets through beside writes that nobody may wait for", async () => {
  const pair = await startDma();
  const latency = async (side: "host" | "endpoint", ms: number) => {
    const path = `/machine/peripheral/${side === "host" ? "fn0" : "ep"}`;
    await pair[side].qmp.execute("qom-set", { path, property: "latency-us", value: ms * 1000 });
  };
  try {
    // The host writes through its BAR and the endpoint's outbound window back to its own bus.
    await pair.iatu.mapBar(0, 0, endpointMap.outbound);
    await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x10000n, distributor);
    const bar = BigInt((await pair.rootComplex.readConfig(0x10)) & ~0xf);
    const route = { done: distributor + engines, abort: distributor + engines, data: 0x10 };
    await pair.edma.routeInterruptMessages("write", 1, route);
    const element = data("write", 64, control.cycle | control.remoteInterrupt);
    const message = async () => {
      await startList(pair, "write", 1, [element, wrap]);
      await untilState(pair, "write", 1, "stopped");
    };

    await latency("endpoint", 50);
    await message();
    // From now on the host's answer that it has all is what takes its time.
    await latency("host", lateMs);
    await latency("endpoint", 0);
    let flooding = true;
    const flood = (async () => {
      for (let n = 1; flooding; n++) {
        await pair.host.bus.writel(bar + hosts, (n & 0x1f) << 3);
        await setTimeout(5);
      }
    })();
    await eventually(async () => (await pair.host.bus.readl(distributor + hosts)) !== 0, true);
    await pair.host.bus.writel(distributor + engines, 0);
    await message();
    await setTimeout(4 * lateMs);
    flooding = false;
    await flood;
    expect(await pair.linkState()).toBe("up");
    await eventually(() => pair.host.bus.readl(distributor + engines), 0x10);
  } finally {
    await pair.stop();
  }
});
