// SPDX-License-Identifier: MIT
/** The pages that two machines on one virtual time share (`qemu-devices/src/time/mail.h`), as a peer may write them. */
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import type { Machine } from "./machine.ts";

/** Bytes of letters under way in one direction, and of the largest letter. */
export const ringSize = 1 << 20;
export const letterMax = 4224;

const headerSize = 16;
/** Of `DwcMailSide`. */
const offsets = { asleep: 4, taken: 80, head: 128, ring: 192 } as const;
const sideSize = offsets.ring + ringSize;
const sides = { endpoint: 0, host: 1 } as const;
type Side = keyof typeof sides;

/** Those of a machine that has made or mapped them. */
export class TimePages {
  readonly #memory: number;
  readonly #begin: number;

  constructor({ process: { pid } }: Machine) {
    const maps = readFileSync(`/proc/${pid}/maps`, "utf8");
    const found = /^([0-9a-f]+)-.*memfd:dwc-time/m.exec(maps)?.[1];
    if (!found) throw new Error(`expected a mapped memfd dwc-time in ${pid}, and there is none`);
    this.#begin = Number.parseInt(found, 16);
    this.#memory = openSync(`/proc/${pid}/mem`, "r+");
  }

  isAsleep(side: Side): boolean {
    return this.#read(side, offsets.asleep, 4).readUInt32LE() === 1;
  }

  /** Says that a side is awake, which is for that side to say. */
  denySleep(side: Side): void {
    this.#write(side, offsets.asleep, Buffer.alloc(4));
  }

  /**
   * Puts a letter of the largest size into the ring of `from`, which leaves there at `sent` ns. False: there is no room, as the
   * other side has not taken enough.
   */
  put(from: Side, sent: bigint): boolean {
    const other = from === "host" ? "endpoint" : "host";
    const head = this.#read(from, offsets.head, 8).readBigUInt64LE();
    const taken = this.#read(other, offsets.taken, 8).readBigUInt64LE();
    const letter = Buffer.alloc(headerSize + letterMax);
    if (head + BigInt(letter.length) - taken > ringSize) return false;
    letter.writeBigInt64LE(sent, 0);
    letter.writeUInt32LE(letterMax, 8);
    const at = Number(head % BigInt(ringSize));
    const first = Math.min(letter.length, ringSize - at);
    this.#write(from, offsets.ring + at, letter.subarray(0, first));
    this.#write(from, offsets.ring, letter.subarray(first));
    const now = Buffer.alloc(8);
    now.writeBigUInt64LE(head + BigInt(letter.length));
    this.#write(from, offsets.head, now);
    return true;
  }

  close(): void {
    closeSync(this.#memory);
  }

  #read(side: Side, offset: number, size: number): Buffer {
    const data = Buffer.alloc(size);
    readSync(this.#memory, data, 0, size, this.#begin + sides[side] * sideSize + offset);
    return data;
  }

  #write(side: Side, offset: number, data: Buffer): void {
    writeSync(this.#memory, data, 0, data.length, this.#begin + sides[side] * sideSize + offset);
  }
}
