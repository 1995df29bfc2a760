// SPDX-License-Identifier: MIT
/** How the devices begin and end, with the process around them. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { runEndlessly, untilState } from "./harness/dma.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import { Machine } from "./harness/machine.ts";

const controller = "/machine/peripheral/ep";

let pair: LinkedPair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

/** The link is up. QEMU gives its threads names, and tells of channels that come to rest and links that close. */
async function start(): Promise<LinkedPair> {
  const trace = ["dwc_edma_rest", "dwc_link_state"].flatMap((event) => ["-trace", event]);
  const observed = ["-name", "debug-threads=on", ...trace];
  pair = await LinkedPair.start({}, { arguments: observed });
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

/** Threads of the devices: links' and channels'. */
async function deviceThreads(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const names = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/comm`, "utf8"));
  return (await Promise.all(names)).map((name) => name.trim()).filter((name) => /^dwc-/.test(name));
}

describe("when QEMU quits", () => {
  it("its channels come to rest and nobody can connect any more", async () => {
    const pair = await start();
    await runEndlessly(pair, "write", 0);
    await untilState(pair, "write", 0, "running");
    await pair.endpoint.qmp.execute("quit");
    const { status, stderr } = await pair.endpoint.process.exited;
    expect(status).toBe(0);
    expect(stderr.join("\n")).toMatch(/dwc_edma_rest write/);
    expect(existsSync(pair.linkPath)).toBe(false);
  });

  it.each(["endpoint", "host"] as const)("the %s's end of the link closes", async (end) => {
    const { process, qmp } = (await start())[end];
    await qmp.execute("quit");
    const { status, stderr } = await process.exited;
    expect(status).toBe(0);
    expect(stderr.join("\n")).toMatch(/dwc_link_state closed/);
  });
});

describe("a controller that is unrealized", () => {
  const realize = (value: boolean) =>
    pair?.endpoint.qmp.execute("qom-set", { path: controller, property: "realized", value });

  it("leaves no thread, no register and no socket, and stays so", async () => {
    const pair = await start();
    const { pid } = pair.endpoint.process;
    const threads = await deviceThreads(pid);
    expect(threads.length).toBe(1 + 8);
    expect(await pair.edma.channelCounts()).toEqual({ write: 4, read: 4 });
    await runEndlessly(pair, "write", 0);
    await untilState(pair, "write", 0, "running");
    const deleted = pair.functionDeleted();
    await realize(false);
    await deleted;
    expect(await deviceThreads(pid)).toEqual([]);
    expect(existsSync(pair.linkPath)).toBe(false);
    expect(await pair.edma.channelCounts()).toEqual({ write: 0, read: 0 });
    await expect(realize(true)).rejects.toThrow("cannot be realized again");
  });
});
