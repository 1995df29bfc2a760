// SPDX-License-Identifier: MIT
/** Two machines on one virtual time when one of them stands still, goes, or does not keep the rules. */
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair, type PairOptions } from "./harness/linked-pair.ts";
import type { Machine } from "./harness/machine.ts";
import { accessing, counter, idling, load, programArguments, results } from "./harness/program.ts";
import { letterMax, ringSize, TimePages } from "./harness/time-pages.ts";

/** Of the AER capability of the host's root port. */
const uncorrectable = 0x104;
const completionTimeout = 1 << 14;

let pair: LinkedPair | undefined;
let pages: TimePages | undefined;
afterEach(async () => {
  pages?.close();
  await pair?.stop();
  pair = pages = undefined;
});

/** Both machines have a program, and wait; BAR 0 shows the endpoint's counter. */
async function start(endpoint: readonly number[], host: readonly number[], more: PairOptions = {}) {
  pair = await LinkedPair.start({}, { accelerator: "tcg", arguments: programArguments, ...more });
  await load(pair.endpoint, endpoint);
  await load(pair.host, host);
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, counter);
  await pair.linkUp();
  return pair;
}

const joinedAt = async ({ qmp }: Machine) =>
  Number(await qmp.execute("qom-get", { path: "/machine/peripheral/time", property: "joined-at" }));

describe("a machine whose peer stands still", () => {
  it("stops in the middle of a read that waits for the peer, and goes on with it", async () => {
    const { endpoint, host } = await start(idling, accessing);
    await host.qmp.execute("cont");
    pages = new TimePages(endpoint);
    await eventually(async () => pages?.isAsleep("host"), true);
    await host.qmp.execute("stop");
    await host.qmp.execute("cont");
    await endpoint.qmp.execute("cont");
    await eventually(() => host.bus.readl(results + 24n), 1);
  });

  it("stops in the middle of a read though its memory map is about to change", async () => {
    const { endpoint, host, iatu } = await start(idling, accessing);
    await host.qmp.execute("cont");
    pages = new TimePages(endpoint);
    await eventually(async () => pages?.isAsleep("host"), true);
    // The endpoint waits until the host's CPU has let go of the window, and that CPU for the endpoint.
    const mapped = iatu.mapBar(0, 0, results);
    await host.qmp.execute("stop");
    await mapped;
    await host.qmp.execute("cont");
    await endpoint.qmp.execute("cont");
    await eventually(() => host.bus.readl(results + 24n), 1);
  });

  it("has its read time out when the peer dies", async () => {
    const { endpoint, host, rootComplex } = await start(idling, accessing);
    await host.qmp.execute("cont");
    pages = new TimePages(endpoint);
    await eventually(async () => pages?.isAsleep("host"), true);
    await endpoint.stop();
    await eventually(() => rootComplex.readPort(uncorrectable), completionTimeout);
  });

  it("ends when it is told to", async () => {
    const { endpoint, host } = await start(idling, accessing);
    await host.qmp.execute("cont");
    pages = new TimePages(endpoint);
    await eventually(async () => pages?.isAsleep("host"), true);
    await host.qmp.execute("quit");
    expect((await host.process.exited).status).toBe(0);
  });

  it("hears who wants its CPU, whatever the peer writes of its sleep", async () => {
    const { endpoint, host } = await start(idling, idling);
    await host.qmp.execute("cont");
    pages = new TimePages(endpoint);
    await eventually(async () => pages?.isAsleep("host"), true);
    pages.denySleep("host");
    await host.qmp.execute("stop");
  });
});

describe("a peer that sends without end what is due in a year", () => {
  it("is parted from before that takes all memory", async () => {
    const { endpoint, host } = await start(idling, idling);
    for (const { qmp } of [endpoint, host]) await qmp.execute("cont");
    await eventually(async () => (await joinedAt(host)) >= 0, true);
    pages = new TimePages(endpoint);
    const gone = pair?.functionDeleted();
    const most = (8 * ringSize) / letterMax;
    for (let sent = 0; sent < most && (await joinedAt(host)) >= 0; ) {
      if (pages.put("endpoint", 31_536_000_000_000_000n)) sent++;
    }
    await gone;
    expect(await joinedAt(host)).toBe(-1);
  });
});

describe("a peer that sends what is due when no clock gets to", () => {
  it("is parted from", async () => {
    // Their time begins at 100 ms of the clock, which would have to go 50 ms beyond its last one.
    const last = (1n << 63n) - 1n - 50_000_000n;
    const grid = programArguments.map((argument) =>
      argument.startsWith("virtual-time,") ? `${argument},grid-ms=100` : argument,
    );
    const { endpoint, host } = await start(idling, idling, { arguments: grid });
    for (const { qmp } of [endpoint, host]) await qmp.execute("cont");
    await eventually(async () => (await joinedAt(host)) >= 100_000_000, true);
    pages = new TimePages(endpoint);
    const gone = pair?.functionDeleted();
    expect(pages.put("endpoint", last)).toBe(true);
    await gone;
    expect(await joinedAt(host)).toBe(-1);
  });
});

describe("a function that has met nobody", () => {
  it("goes without parting the clocks of the one that has", async () => {
    const port = "pcie-root-port,id=rp1,chassis=2,slot=2,addr=5";
    const started = await start(idling, idling, { hostArguments: ["-device", port] });
    const { endpoint, host } = started;
    for (const { qmp } of [endpoint, host]) await qmp.execute("cont");
    await eventually(async () => (await joinedAt(host)) >= 0, true);
    const at = await joinedAt(host);
    const another = { driver: "dwc-pcie-function", id: "fn1", bus: "rp1", link: started.linkPath };
    await expect(host.qmp.execute("device_add", another)).rejects.toThrow();
    expect(await joinedAt(host)).toBe(at);
  });
});
