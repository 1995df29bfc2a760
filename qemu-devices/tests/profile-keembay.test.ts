// SPDX-License-Identifier: MIT
/** What the profile keembay adds to the core. Rules: Linux `drivers/pci/controller/dwc/pcie-keembay.c`. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channelsOfProfile, profiles } from "../../orchestrator/scenario/topology/controller.ts";
import { data, startList, untilState, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";

const apb = 0x0b03_0000n;
const appControl = apb + 0x8n;
const interruptEnable = apb + 0x28n;
const pmState = apb + 0xb0n;
const up = (1 << 19) | (1 << 8);

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

describe("profile keembay", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "keembay", "atu-align": 128 });
  });
  afterAll(() => pair?.stop());

  it("maps no region finer than 4 KiB", async () => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0xffff_ffff);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0xffff_f000);
  });

  it("trains the link when it is plugged, unless the LTSSM is switched off", async () => {
    expect(await pair.linkState()).toBe("down");
    await pair.setLink(true);
    expect(await pair.linkState()).toBe("waiting");
    await writel(appControl, 0);
    expect(await pair.linkState()).toBe("down");
    await writel(appControl, 1);
    expect(await pair.linkState()).toBe("waiting");
  });

  it("shows that the host is there", async () => {
    expect(await readl(pmState)).toBe(0);
    await pair.plugFunction();
    await pair.rootComplex.openRootPort();
    await pair.rootComplex.enable();
    await eventually(() => readl(pmState), up);
  });

  it("lets the interrupts of channels through that are enabled", async () => {
    const element = data("write", 64, control.cycle | control.localInterrupt);
    await startList(pair, "write", 1, [element, wrap]);
    await untilState(pair, "write", 1, "stopped");
    expect(await pair.line("write", 1)).toBe(false);
    await writel(interruptEnable, 0xff & ~(1 << 1));
    expect(await pair.line("write", 1)).toBe(false);
    await writel(interruptEnable, 0xff);
    await eventually(() => pair.line("write", 1), true);
  });
});

describe("channels whose interrupts no glue lets through", () => {
  const start = (profile: string, write: number, read: number) =>
    LinkedPair.start({ profile, "wr-channels": write, "rd-channels": read }).then((pair) =>
      pair.stop(),
    );

  it("are refused, of the profiles whose limit scenarios know", async () => {
    for (const profile of profiles) {
      const most = channelsOfProfile[profile];
      if (most === undefined) {
        await start(profile, 8, 8);
        continue;
      }
      await start(profile, most / 2, most / 2);
      await expect(start(profile, most / 2, most / 2 + 1)).rejects.toThrow(
        `lets the interrupts of ${most} channels through, wr-channels and rd-channels are ${most / 2} and ${most / 2 + 1}`,
      );
    }
  });
});
