// SPDX-License-Identifier: MIT
/** The port of a machine whose time is virtual: where it is held, and how commands come to its guest and answers back. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import type { Machine } from "./harness/machine.ts";
import { load, programArguments } from "./harness/program.ts";

const gridNs = 120_000_000;
const latencyNs = 500;

/** Looks for a command each millisecond, and answers with its length and its first word. */
const answering: readonly number[] = [
  0xd2a1_7e01, //    mov x1, #0x0bf00000
  0x52a0_0106, // 1: mov w6, #0x80000
  0x7100_04c6, // 2: subs w6, w6, #1
  0x54ff_ffe1, //    b.ne 2b
  0xb940_0022, //    ldr w2, [x1]
  0x34ff_ff82, //    cbz w2, 1b
  0x9140_0423, //    add x3, x1, #0x1000
  0xb940_0064, //    ldr w4, [x3]
  0xb900_003f, //    str wzr, [x1]
  0xb900_0464, //    str w4, [x3, #4]
  0xb900_0062, //    str w2, [x3]
  0x5280_0105, //    mov w5, #8
  0xb900_0425, //    str w5, [x1, #4]
  0xb900_0825, //    str w5, [x1, #8]
  0x17ff_fff3, //    b 1b
];

let directory: string;
let server: Server;
let pair: LinkedPair | undefined;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "port-"));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, "port"), resolve));
});
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
  server.close();
  rmSync(directory, { recursive: true });
});

/** The lab's end of a port. */
class LabEnd {
  readonly socket: Socket;
  #told = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      this.#told = Buffer.concat([this.#told, data]);
    });
  }

  /** Resolves when the port has said this, and forgets it and what came before. */
  async hears(text: string): Promise<void> {
    await eventually(async () => this.#told.includes(text), true);
    this.#told = this.#told.subarray(this.#told.indexOf(text) + text.length);
  }

  get told(): string {
    return this.#told.toString("latin1");
  }
}

/** Both machines execute the program, and neither has been held yet. */
async function start(more = ""): Promise<{ ends: LabEnd[]; machines: Machine[] }> {
  const ends: LabEnd[] = [];
  server.on("connection", (socket) => ends.push(new LabEnd(socket)));
  const device = "grid-ms=120,port-base=0x0bf00000,commands=commands";
  pair = await LinkedPair.start(
    {},
    {
      accelerator: "tcg",
      arguments: [
        ...["-chardev", `socket,id=commands,path=${join(directory, "port")}${more}`],
        ...programArguments.map((word) =>
          word.startsWith("virtual-time") ? `${word},${device}` : word,
        ),
      ],
    },
  );
  const machines = [pair.endpoint, pair.host];
  for (const machine of machines) await load(machine, answering);
  return { ends, machines };
}

const now = async ({ qmp }: Machine) =>
  Number(await qmp.execute("qom-get", { path: "/machine/peripheral/time", property: "now" }));

const cont = (machines: readonly Machine[]) =>
  Promise.all(machines.map(({ qmp }) => qmp.execute("cont")));

it("holds a machine at each multiple of the grid, to the tick, until it is told to go on", async () => {
  const { ends, machines } = await start();
  await cont(machines);
  for (const end of ends) await end.hears(`ready\nheld ${gridNs}\n`);
  expect(await Promise.all(machines.map(now))).toEqual([gridNs, gridNs]);
  for (const { socket } of ends) socket.write(`go ${gridNs}\n`);
  for (const end of ends) await end.hears(`held ${2 * gridNs}\n`);
  expect(await Promise.all(machines.map(now))).toEqual([2 * gridNs, 2 * gridNs]);
});

it("holds the peer's clock, too, a latency behind", async () => {
  const { ends, machines } = await start();
  await pair?.linkUp();
  await cont(machines);
  for (const end of ends) await end.hears("held ");
  const began = await Promise.all(machines.map(now));
  await eventually(async () => /^\d+\n$/.test(ends[0]?.told ?? ""), true);
  ends[0]?.socket.write(`go ${ends[0].told}`);
  await eventually(
    async () => (await Promise.all(machines.map(now))).some((at, i) => at !== began[i]),
    true,
  );
  const at = await Promise.all(machines.map(now));
  const passed = at.map((time, index) => time - (began[index] ?? 0)).sort((a, b) => a - b);
  expect(passed[0]).toBe(0);
  expect(passed[1]).toBeLessThanOrEqual(latencyNs);
});

it("brings a command to the guest at the multiple, and its answer back, the same each time", async () => {
  const at: number[][] = [];
  for (let time = 0; time < 2; time++) {
    const { ends, machines } = await start();
    await cont(machines);
    for (const end of ends) {
      await end.hears(`held ${gridNs}\n`);
      end.socket.write(`command 5\nabcdego ${gridNs}\n`);
      await end.hears("part 8\n\u0005\0\0\0abcdend\n");
      await end.hears(`held ${2 * gridNs}\n`);
    }
    at.push(await Promise.all(machines.map(now)));
    await pair?.stop();
  }
  expect(at[0]).toEqual(at[1]);
});

it("does not hear a word for another hold", async () => {
  const { ends, machines } = await start();
  await cont(machines);
  for (const end of ends) {
    await end.hears(`held ${gridNs}\n`);
    // Behind it one that is heard: by then the first has been passed over.
    end.socket.write(`go ${gridNs - 1}\ngo ${2 * gridNs}\n`);
    end.socket.write("command 5\nabcde");
    end.socket.write(`go ${gridNs}\n`);
    await end.hears("part 8\n\u0005\0\0\0abcdend\n");
  }
});

it("is as new to the next one at its other end", async () => {
  const { ends, machines } = await start(",reconnect-ms=50");
  await cont(machines);
  for (const end of ends.slice(0, 2)) {
    await end.hears(`ready\nheld ${gridNs}\n`);
    end.socket.write("command 9\nhalf");
  }
  // Behind the half command, so that it was heard.
  await Promise.all(machines.map(now));
  for (const { socket } of ends.slice(0, 2)) socket.end();
  await eventually(async () => ends.length, 4);
  for (const end of ends.slice(2)) {
    await end.hears("ready\n");
    await end.hears("held ");
  }
});

it("holds nobody once the lab has gone", async () => {
  const { ends, machines } = await start();
  await cont(machines);
  for (const end of ends) await end.hears(`held ${gridNs}\n`);
  for (const { socket } of ends) socket.destroy();
  for (const machine of machines) {
    await eventually(async () => (await now(machine)) > 3 * gridNs, true);
  }
});

it.each([
  "nonsense\n",
  "go\n",
  "command \n",
  "command 5 \n",
  `command ${0xf001}\n`,
  "command 0\n",
  "x".repeat(40),
])("is closed when it hears %j, and the machine goes on", async (words) => {
  const { ends, machines } = await start();
  await cont(machines);
  for (const end of ends) await end.hears(`held ${gridNs}\n`);
  const closed = ends.map(
    ({ socket }) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
  );
  for (const { socket } of ends) socket.write(words);
  await Promise.all(closed);
  for (const machine of machines) {
    await eventually(async () => (await now(machine)) > 3 * gridNs, true);
  }
});

it("is refused without a place or a grid", async () => {
  const refused = LinkedPair.start(
    {},
    {
      accelerator: "tcg",
      arguments: [
        ...["-chardev", "null,id=commands"],
        ...programArguments.map((word) =>
          word.startsWith("virtual-time") ? `${word},commands=commands` : word,
        ),
      ],
    },
  );
  await expect(refused).rejects.toThrow(
    "commands=CHARDEV needs port-base=ADDRESS and grid-ms=MILLISECONDS",
  );
});
