// SPDX-License-Identifier: MIT
/**
 * A peer at the endpoint's link that a test writes byte by byte: it has no RAM, so that all that the endpoint wants
 * from it travels as messages. Types and layouts: `qemu-devices/src/link/protocol.h`.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { eventually } from "./eventually.ts";

export const messageType = {
  hello: 1,
  ready: 5,
  reply: 6,
  cfgWrite: 7,
  barRead: 11,
  memRead: 13,
  memWrite: 14,
  reset: 23,
  hotReset: 27,
} as const;

const headerSize = 12;
const magic = 0x4c43_5744;

/** The only one that there is: another one is turned away. */
const header = await readFile(new URL("../../src/link/protocol.h", import.meta.url), "utf8");
const version = Number(/^#define DWC_LINK_VERSION +(\d+)$/m.exec(header)?.[1]);

/** A greeting, as both ends begin with. */
export function greeting(): Buffer {
  const payload = Buffer.alloc(16);
  payload.writeUInt32LE(magic, 0);
  payload.writeUInt32LE(version, 4);
  return payload;
}

/** The bytes of a message. `sequence` ties an answer to its question. */
export function linkMessage(type: number, payload: Buffer = Buffer.alloc(0), sequence = 1): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt16LE(type, 0);
  header.writeUInt32LE(payload.length, 4);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, payload]);
}

export class RawPeer {
  readonly socket: Socket;
  /** Types of the messages that came, in order. */
  readonly received: number[] = [];
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
  }

  static async connect(path: string): Promise<RawPeer> {
    const socket = connect(path);
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  /** From now on takes what comes; before, the socket fills. */
  listen(): this {
    this.socket.on("data", (data: Buffer) => this.#take(data));
    return this;
  }

  send(type: number, payload?: Buffer, sequence?: number): void {
    this.socket.write(linkMessage(type, payload, sequence));
  }

  /** The link is up after that. With `master` the endpoint may master the bus, and has its BARs decoded. */
  greet({ master }: { master: boolean }): void {
    this.send(messageType.hello, greeting());
    if (master) {
      const command = Buffer.alloc(8);
      command.writeUInt16LE(0x04, 0);
      command.writeUInt16LE(2, 2);
      command.writeUInt32LE(0x06, 4);
      this.send(messageType.cfgWrite, command);
    }
    this.send(messageType.ready);
  }

  /** Reads 4 bytes of a BAR. */
  readBar(bar: number, offset: number, sequence: number): void {
    const access = Buffer.alloc(24);
    access.writeUInt32LE(bar, 0);
    access.writeUInt32LE(4, 4);
    access.writeBigUInt64LE(BigInt(offset), 8);
    this.send(messageType.barRead, access, sequence);
  }

  /** Resolves when a message of this type has come. */
  async until(type: number): Promise<void> {
    await eventually(async () => this.received.includes(type), true);
  }

  hangUp(): void {
    this.socket.destroy();
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= headerSize) {
      const whole = headerSize + this.#rest.readUInt32LE(4);
      if (this.#rest.length < whole) return;
      this.received.push(this.#rest.readUInt16LE(0));
      this.#rest = this.#rest.subarray(whole);
    }
  }
}
