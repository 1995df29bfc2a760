// SPDX-License-Identifier: MIT
/**
 * A machine's SMMUv3 as a guest's driver would set it up: one stream, stage 1, 4 KiB pages.
 * Registers, tables and commands: Arm IHI 0070; addresses: QEMU `hw/arm/virt.c`.
 */
import { high, low } from "./halves.ts";
import type { Qtest } from "./qtest.ts";

/** What the machine needs on its command line. */
export const smmuArguments = ["-machine", "iommu=smmuv3"] as const;

const registers = 0x0905_0000n;
const controlRegister0 = registers + 0x20n;
const globalBypass = registers + 0x44n;
const globalError = registers + 0x60n;
const globalErrorSeen = registers + 0x64n;
const streamTableBase = registers + 0x80n;
const streamTableConfig = registers + 0x88n;
const commandBase = registers + 0x90n;
const commandProducer = registers + 0x98n;
const eventBase = registers + 0xa0n;
const eventProducer = registers + 0x100a8n;

/** QEMU shows the registers of the first page there again. */
export const secondPage = 0x10000n;

const streamBits = 9;
/** Few entries, so that the queue wraps within a test. */
const queueBits = 3;
const commandSize = 16;

const page = 0x1000n;
const asid = 1;

const command = {
  configurationOfStream: 0x03,
  configurationAll: 0x04,
  configurationOfContext: 0x05,
  invalidateAddress: 0x12,
  invalidateAll: 0x30,
  synchronize: 0x46,
  /** There is none. */
  none: 0xff,
} as const;

const valid = 0x3n;
const accessed = 1n << 10n;
const innerShareable = 3n << 8n;
const readOnly = 2n << 6n;

export class Smmu {
  readonly #bus: Qtest;
  readonly #tables: bigint;
  #commands = 0;

  /** `tables`: 64 KiB of the machine's RAM, aligned to that. */
  constructor(bus: Qtest, tables: bigint) {
    this.#bus = bus;
    this.#tables = tables;
  }

  get #context() {
    return this.#tables + 0x8000n;
  }
  get #commandQueue() {
    return this.#tables + 0x9000n;
  }
  get #level1() {
    return this.#tables + 0xb000n;
  }
  get #level2() {
    return this.#tables + 0xc000n;
  }
  get #level3() {
    return this.#tables + 0xd000n;
  }

  /** Translation for `stream` from here on; nothing is mapped. Without `invalidate` the TLB keeps what it has. */
  async enable(stream: number, { invalidate = true } = {}): Promise<void> {
    await this.#bus.write(this.#tables, Buffer.alloc(0x10000));
    const entry = this.#tables + BigInt(stream * 64);
    // Valid, configuration 5: stage 1 translates, stage 2 is bypassed.
    await this.#bus.writeq(entry, this.#context | 1n | (5n << 1n));
    // 39 bits of address, upper half off, valid; 64-bit tables, faults terminate and are recorded.
    await this.#bus.writel(this.#context, 25 | (1 << 30) | (1 << 31));
    await this.#bus.writel(this.#context + 4n, 2 | (1 << 9) | (1 << 13) | (1 << 14) | (asid << 16));
    await this.#bus.writeq(this.#context + 8n, this.#level1);

    await this.#bus.writeq(streamTableBase, this.#tables);
    await this.#bus.writel(streamTableConfig, streamBits);
    await this.#bus.writeq(commandBase, this.#commandQueue | BigInt(queueBits));
    await this.#bus.writeq(eventBase, (this.#tables + 0xa000n) | 4n);
    await this.#bus.writel(controlRegister0, 0b1101);
    await this.#command(command.configurationAll, 0, 31n);
    if (invalidate) await this.#command(command.invalidateAll, 0, 0n);
  }

  /** No translation any more; the TLB keeps what it has, as with the two below. */
  async disable(page = 0n): Promise<void> {
    await this.#bus.writel(controlRegister0 + page, 0);
  }

  /** All of the stream's accesses abort, by its entry. */
  async abortStream(stream: number): Promise<void> {
    await this.#bus.writeq(this.#tables + BigInt(stream * 64), 1n);
    await this.#command(command.configurationOfStream, stream, 1n);
  }

  /** The same, by the command for all streams. */
  async abortStreams(stream: number): Promise<void> {
    await this.#bus.writeq(this.#tables + BigInt(stream * 64), 1n);
    await this.#command(command.configurationAll, 0, 31n);
  }

  /** The same, told when the queue has come round: what stands at its end and at its beginning is announced at once. */
  async abortStreamBehindWrap(stream: number): Promise<void> {
    await this.#bus.writeq(this.#tables + BigInt(stream * 64), 1n);
    const entries = 2 ** queueBits;
    while (this.#commands % entries !== entries - 1)
      await this.#command(command.synchronize, 0, 0n);
    await this.#put(command.synchronize, 0, 0n);
    await this.#put(command.configurationOfStream, stream, 1n);
    await this.#announce();
  }

  /** The same, behind a command that there is none of, at which the SMMU stops. `goOn` has it go on. */
  async abortStreamBehindError(stream: number): Promise<{ readonly goOn: () => Promise<void> }> {
    await this.#bus.writeq(this.#tables + BigInt(stream * 64), 1n);
    const wrong = this.#commandAt();
    await this.#put(command.none, 0, 0n);
    await this.#put(command.configurationOfStream, stream, 1n);
    await this.#announce();
    const goOn = async () => {
      await this.#bus.writel(wrong, command.synchronize);
      await this.#bus.writel(globalErrorSeen, await this.#bus.readl(globalError));
    };
    return { goOn };
  }

  /** The stream's context is none. */
  async dropContext(stream: number): Promise<void> {
    await this.#bus.writel(this.#context + 4n, 0);
    await this.#bus.writel(this.#context, 0);
    await this.#command(command.configurationOfContext, stream, 1n);
  }

  /** What becomes of all accesses while it is not enabled (GBPA.ABORT); they pass at first. */
  async abortAll(aborted: boolean): Promise<void> {
    await this.#bus.writel(globalBypass, 2 ** 31 + (aborted ? 1 << 20 : 0));
  }

  /** Maps one page; `iova` within [0x8000_0000, 0x8020_0000). */
  async map(iova: bigint, target: bigint, { writable = true } = {}): Promise<void> {
    await this.#bus.writeq(this.#level1 + ((iova >> 30n) & 511n) * 8n, this.#level2 | valid);
    await this.#bus.writeq(this.#level2 + ((iova >> 21n) & 511n) * 8n, this.#level3 | valid);
    await this.#bus.writeq(
      this.#descriptor(iova),
      target | valid | accessed | innerShareable | (writable ? 0n : readOnly),
    );
  }

  /** Takes a page's mapping away, and invalidates it as `dma_unmap_*` does. */
  async unmap(iova: bigint): Promise<void> {
    await this.#bus.writeq(this.#descriptor(iova), 0n);
    await this.#command(command.invalidateAddress, asid << 16, iova & ~(page - 1n));
  }

  /** How many faults it has recorded. */
  async events(): Promise<number> {
    return (await this.#bus.readl(eventProducer)) & 0x1f;
  }

  #descriptor(iova: bigint): bigint {
    return this.#level3 + ((iova >> 12n) & 511n) * 8n;
  }

  async #command(opcode: number, word1: number, address: bigint): Promise<void> {
    await this.#put(opcode, word1, address);
    await this.#announce();
  }

  #commandAt(): bigint {
    return this.#commandQueue + BigInt((this.#commands % 2 ** queueBits) * commandSize);
  }

  async #put(opcode: number, word1: number, address: bigint): Promise<void> {
    const at = this.#commandAt();
    await this.#bus.writel(at, opcode);
    await this.#bus.writel(at + 4n, word1);
    await this.#bus.writel(at + 8n, low(address));
    await this.#bus.writel(at + 12n, high(address));
    this.#commands += 1;
  }

  /** A bit more than the entries' number needs: whether the queue has come round. */
  async #announce(): Promise<void> {
    await this.#bus.writel(commandProducer, this.#commands % 2 ** (queueBits + 1));
  }
}
