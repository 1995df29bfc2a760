// SPDX-License-Identifier: MIT
/**
 * Client for QEMU's qtest protocol: one text command a line, one answer a line.
 *
 * The commands and answers are described in QEMU's `system/qtest.c`. With `-accel qtest` no guest
 * code runs, so a test is the only bus master and every register access is the test's own.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { before } from "../../../orchestrator/lab/deadline.ts";

/** What a qtest socket answers within; it runs no guest, so seconds mean it is stuck. */
const answerDeadlineMs = 10_000;

/** Listens where QEMU will connect (`-qtest unix:PATH`); start it before QEMU. */
export class QtestListener {
  readonly #server: Server;
  readonly path: string;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.path = path;
  }

  static async listen(path: string): Promise<QtestListener> {
    const server = createServer();
    server.listen(path);
    await once(server, "listening");
    return new QtestListener(server, path);
  }

  /** The first connection, which is QEMU's; rejects when `stop` aborts first. */
  async accept(stop: AbortSignal): Promise<Qtest> {
    const [socket] = (await once(this.#server, "connection", { signal: stop })) as [Socket];
    this.#server.close();
    return new Qtest(socket);
  }

  close(): void {
    this.#server.close();
  }
}

type Waiter = { resolve: (line: string) => void; reject: (reason: Error) => void };

export class Qtest {
  readonly #socket: Socket;
  readonly #waiting: Waiter[] = [];
  #partial = "";
  #ended: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("QEMU closed the qtest socket")));
  }

  async readl(address: bigint): Promise<number> {
    return Number(await this.#value("readl", address));
  }

  async readw(address: bigint): Promise<number> {
    return Number(await this.#value("readw", address));
  }

  async readq(address: bigint): Promise<bigint> {
    return this.#value("readq", address);
  }

  async writel(address: bigint, value: number): Promise<void> {
    await this.#command(`writel ${hex(address)} ${hex(BigInt(value >>> 0))}`);
  }

  async writew(address: bigint, value: number): Promise<void> {
    await this.#command(`writew ${hex(address)} ${hex(BigInt(value & 0xffff))}`);
  }

  async writeb(address: bigint, value: number): Promise<void> {
    await this.#command(`writeb ${hex(address)} ${hex(BigInt(value & 0xff))}`);
  }

  async writeq(address: bigint, value: bigint): Promise<void> {
    await this.#command(`writeq ${hex(address)} ${hex(value)}`);
  }

  /** `length` bytes of guest memory. */
  async read(address: bigint, length: number): Promise<Buffer> {
    const [data] = await this.#command(`b64read ${hex(address)} ${hex(BigInt(length))}`);
    return Buffer.from(data ?? "", "base64");
  }

  async write(address: bigint, data: Buffer): Promise<void> {
    const text = data.toString("base64");
    await this.#command(`b64write ${hex(address)} ${hex(BigInt(data.length))} ${text}`);
  }

  /** Under qtest's accelerator virtual time goes by this alone. */
  async elapse(microseconds: number): Promise<void> {
    await this.#command(`clock_step ${microseconds * 1000}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #value(command: string, address: bigint): Promise<bigint> {
    const [value] = await this.#command(`${command} ${hex(address)}`);
    if (value === undefined)
      throw new Error(`qtest ${command} ${hex(address)}: no value came back`);
    return BigInt(value);
  }

  async #command(line: string): Promise<string[]> {
    const ended = this.#ended;
    if (ended) throw ended;
    const answer = before(
      { ms: answerDeadlineMs, what: `an answer to qtest ${line.slice(0, 80)}` },
      new Promise<string>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    );
    this.#socket.write(`${line}\n`);
    const words = (await answer).split(" ");
    if (words[0] !== "OK") throw new Error(`qtest: ${line}: expected OK, got: ${words.join(" ")}`);
    return words.slice(1);
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) {
      // Lines that answer no command report intercepted interrupts; these tests read the GIC instead.
      if (line.startsWith("IRQ ")) continue;
      this.#waiting.shift()?.resolve(line);
    }
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#ended);
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
