// SPDX-License-Identifier: MIT
/** How the devices begin and end, with the process around them. */
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import { Machine } from "./harness/machine.ts";

let pair: LinkedPair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

/** The link is up. */
async function start(): Promise<LinkedPair> {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.linkUp();
  return pair;
}

describe("the command line", () => {
  it.each([
    ["aborts", { direction: "write", count: 1 }],
    ["link-up", true],
  ])("is told that %s is for the run time", async (property, value) => {
    const directory = await makeTemporaryDirectory();
    try {
      const device = JSON.stringify({
        driver: "dwc-pcie-ep",
        id: "ep",
        link: join(directory.path, "link"),
        [property]: value,
      });
      const start = Machine.start("endpoint", directory.path, ["-device", device], {});
      await expect(start).rejects.toThrow(`dwc-pcie-ep: ${property} is there at run time only`);
    } finally {
      await directory.remove();
    }
  });
});

describe("a VM's state, which neither device can be part of,", () => {
  it.each([
    ["endpoint", "dwc-pcie-ep"],
    ["host", "dwc-pcie-function"],
  ] as const)("is not saved at the %s", async (end, device) => {
    const pair = await start();
    const { qmp } = pair[end];
    const command = { "command-line": "savevm before" };
    expect(await qmp.execute("human-monitor-command", command)).toMatch(
      new RegExp(`State blocked by non-migratable device '[^']*${device}'`),
    );
    await expect(qmp.execute("migrate", { uri: "exec:cat > /dev/null" })).rejects.toThrow(
      "non-migratable device",
    );
  });
});
