// SPDX-License-Identifier: MIT
/** Two machines whose CPUs execute, on one virtual time: what accesses cost, and that it is always the same. */
import { afterEach, describe, expect, it } from "vitest";
import { timingProfiles } from "../../orchestrator/scenario/topology/topology.ts";
import { data, list, local, remote, startList } from "./harness/dma.ts";
import { control, type Direction } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import type { Machine } from "./harness/machine.ts";
import {
  accessing,
  counter,
  counting,
  idling,
  load,
  programArguments,
  results,
  tickNs,
  timed,
} from "./harness/program.ts";

/** Of the profile r-car-s4, ns. */
const roundTripNs = 1000;
const storeNs = 100;
const fetchNs = 200;
const payload = 128;
const overhead = 24;
const linkBytesPerNs = 3.938;
const accesses = 1000;
/** Beside the access: what counts and branches. */
const loopNs = 2;

let pair: LinkedPair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

/** The machines' arguments, the device with a property more. */
const withProperty = (property: string) =>
  programArguments.map((word) => (word.startsWith("virtual-time") ? `${word},${property}` : word));

const joinedAt = async ({ qmp }: Machine) =>
  Number(await qmp.execute("qom-get", { path: "/machine/peripheral/time", property: "joined-at" }));

/** Both machines execute a program each; the link is up, and BAR 0 shows the endpoint's counter. */
async function start(
  endpoint: readonly number[],
  host: readonly number[],
  given = programArguments,
): Promise<LinkedPair> {
  pair = await LinkedPair.start({}, { accelerator: "tcg", arguments: given });
  await load(pair.endpoint, endpoint);
  await load(pair.host, host);
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, counter);
  await pair.linkUp();
  for (const { qmp } of [pair.endpoint, pair.host]) await qmp.execute("cont");
  return pair;
}

/** The endpoint runs `endpoint`; the host reads and writes the endpoint's counter through a BAR. */
async function run(endpoint: readonly number[], given = programArguments) {
  const { bus } = (await start(endpoint, accessing, given)).host;
  await eventually(async () => bus.readl(results + 24n), 1);
  return {
    readNs: ((await bus.readl(results)) * tickNs) / accesses,
    counted: await bus.readl(results + 8n),
    storeNs: ((await bus.readl(results + 16n)) * tickNs) / accesses,
  };
}

describe("on one virtual time", () => {
  it("a read over the link takes a round trip, a posted write what the CPU takes for it", async () => {
    const found = await run(idling);
    expect(found.readNs).toBeGreaterThanOrEqual(roundTripNs + loopNs);
    expect(found.readNs).toBeLessThan(roundTripNs * 1.05);
    expect(found.storeNs).toBeGreaterThanOrEqual(storeNs + loopNs);
    expect(found.storeNs).toBeLessThan(storeNs * 1.05);
  });

  it("a read brings what the other CPU has stored by the time it arrives there", async () => {
    const found = await run(counting);
    // Three instructions of 1 ns for each count, until half a round trip before the end.
    const expected = (found.readNs * accesses) / 3;
    expect(found.counted).toBeGreaterThan(expected * 0.99);
    expect(found.counted).toBeLessThan(expected * 1.01);
  });

  it("all that the host's CPU reads and writes over the link is counted", async () => {
    await run(idling);
    const counted = await pair?.stats();
    expect(counted?.bar_reads).toBeGreaterThanOrEqual(accesses);
    expect(counted?.bar_writes).toBeGreaterThanOrEqual(accesses);
    expect(counted?.register_reads).toBe(0);
  });

  it("everything is the same when it is done again", async () => {
    const first = await run(counting);
    await pair?.stop();
    expect(await run(counting)).toEqual(first);
  });
});

describe("a seed", () => {
  const spreadNs = 500;
  const seeded = (seed: number) => withProperty(`seed=${seed}`);

  it("makes what crosses the link take longer, within the profile's bounds, and the same each time", async () => {
    const found = [];
    for (const seed of [7, 7, 8]) {
      found.push(await run(counting, seeded(seed)));
      await pair?.stop();
    }
    const [first, again, other] = found;
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    for (const { readNs } of found) {
      expect(readNs).toBeGreaterThan(roundTripNs + spreadNs / 2);
      expect(readNs).toBeLessThan(roundTripNs * 1.05 + 2 * spreadNs);
    }
  });

  /** Two channels write the same page of the host at the same time. The one whose page it is in the end. */
  async function lastOfTwo(seed: number): Promise<number> {
    const { endpoint, host, edma } = await start(idling, idling, seeded(seed));
    await eventually(async () => (await joinedAt(endpoint)) >= 0, true);
    // So that they are rung at one time of its clock.
    await endpoint.qmp.execute("stop");
    for (const channel of [0, 1]) {
      const source = local + BigInt(channel) * 0x1000n;
      await endpoint.bus.write(source, Buffer.alloc(0x1000, 0x10 + channel));
      const element = { source, destination: remote, size: 0x1000, flags: control.cycle };
      const at = list + BigInt(channel) * 0x1000n;
      if (pair) await startList(pair, "write", channel, [element], { at });
    }
    await endpoint.qmp.execute("cont");
    for (const channel of [0, 1]) await eventually(() => edma.state("write", channel), "stopped");
    const found = await host.bus.readl(remote);
    await pair?.stop();
    return (found & 0xff) - 0x10;
  }

  it("finds an order of events that is not otherwise seen, and has it each time then", {
    timeout: 120_000,
  }, async () => {
    // A driver that counts on the channel that was rung later being later passes for good.
    for (let again = 0; again < 3; again++) expect(await lastOfTwo(0)).toBe(1);
    let seed = 1;
    while (seed <= 20 && (await lastOfTwo(seed)) === 1) seed++;
    const orders = [];
    for (let again = 0; again < 10; again++) orders.push(await lastOfTwo(seed));
    expect(orders).toEqual(Array.from({ length: 10 }, () => 0));
  });

  it("of 0 varies nothing", async () => {
    const first = await run(counting, seeded(0));
    await pair?.stop();
    expect(await run(counting)).toEqual(first);
  });
});

describe("the common time", () => {
  const gridMs = 120;
  it("begins at a multiple of the grid of either clock, a whole grid away", async () => {
    pair = await LinkedPair.start(
      {},
      { accelerator: "tcg", arguments: withProperty(`grid-ms=${gridMs}`) },
    );
    const { endpoint, host } = pair;
    for (const machine of [endpoint, host]) {
      await load(machine, counting);
      expect(await joinedAt(machine)).toBe(-1);
    }
    // The clocks have come to something else by then.
    await host.qmp.execute("cont");
    await eventually(async () => (await host.bus.readl(counter)) > 1000, true);
    await pair.linkUp();
    await endpoint.qmp.execute("cont");
    for (const machine of [endpoint, host]) {
      await eventually(async () => (await joinedAt(machine)) >= gridMs * 1e6, true);
      expect((await joinedAt(machine)) % (gridMs * 1e6)).toBe(0);
    }
  });
});

describe("the engine", () => {
  /** How long a channel was at work for a list of one element, ns. */
  async function transfer(direction: Direction, size: number): Promise<number> {
    const { edma, stats } = await begin();
    await startOne(direction, 0, size);
    await eventually(() => edma.state(direction, 0), "stopped");
    return (await stats())[direction][0]?.busy_ns ?? Number.NaN;
  }

  async function begin() {
    const started = await start(idling, idling);
    return { edma: started.edma, stats: () => started.stats() };
  }

  async function startOne(direction: Direction, channel: number, size: number): Promise<void> {
    if (!pair) throw new Error("no pair");
    const at = list + BigInt(channel) * 0x1000n;
    await startList(pair, direction, channel, [data(direction, size, control.cycle)], { at });
  }

  it.each(["write", "read"] as const)(
    "takes for %s what the bytes, the elements and the way take",
    async (direction) => {
      const size = 0x10000;
      const onLink = (size + (size / payload) * overhead) / linkBytesPerNs;
      const elements = 2 * fetchNs;
      const way = direction === "read" ? roundTripNs : 0;
      const found = await transfer(direction, size);
      expect(found).toBeGreaterThan((onLink + elements + way) * 0.99);
      expect(found).toBeLessThan((onLink + elements + way) * 1.01);
      await pair?.stop();
      expect(await transfer(direction, size)).toBe(found);
    },
  );
});

describe("a machine without what virtual time needs", () => {
  const refused = (args: readonly string[]) =>
    LinkedPair.start({}, { accelerator: "tcg", arguments: ["-cpu", "cortex-a55", "-S", ...args] });

  it.each([
    [["-device", "virtual-time"], "virtual time needs -icount shift=N"],
    [
      ["-smp", "2", "-icount", "shift=0", "-device", "virtual-time"],
      "virtual time needs a machine with one CPU: -smp 1",
    ],
    [
      ["-icount", "shift=1", "-device", "virtual-time"],
      'the profile "r-car-s4" has instructions of 1 ns, -icount says 2',
    ],
    [
      ["-icount", "shift=0", "-device", "virtual-time,profile=none"],
      'no timing profile has the name "none"',
    ],
  ])("is refused: %s", async (args, message) => {
    await expect(refused(args)).rejects.toThrow(message);
  });

  it("is refused after an engine that works without it", async () => {
    const hostArguments = ["-device", "dwc-edma-pcie,bus=rp0", "-device", "virtual-time"];
    await expect(LinkedPair.start({}, { hostArguments })).rejects.toThrow(
      "put this -device before dwc-pcie-ep and dwc-edma-pcie",
    );
  });

  it("refuses a card, whose engine has none", async () => {
    const options = { accelerator: "tcg", arguments: programArguments } as const;
    const hostArguments = ["-device", "dwc-edma-pcie,bus=rp0"];
    await expect(LinkedPair.start({}, { ...options, hostArguments })).rejects.toThrow(
      "dwc-edma-pcie: this VM has a virtual-time device",
    );
  });

  it("is refused by a peer that has it", async () => {
    pair = await LinkedPair.start(
      {},
      { accelerator: "tcg", arguments: ["-cpu", "cortex-a55", "-S"], hostArguments: timed },
    );
    await pair.setLink(true);
    await expect(pair.plugFunction()).rejects.toThrow("both need one, or neither");
  });
});

describe("the timing profiles", () => {
  it.each(timingProfiles)("that scenarios may name: %s", async (profile) => {
    const args = ["-icount", "shift=0", "-device", `virtual-time,profile=${profile}`];
    pair = await LinkedPair.start(
      {},
      { accelerator: "tcg", arguments: ["-cpu", "cortex-a55", "-S", ...args] },
    );
  });
});
