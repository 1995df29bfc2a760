// SPDX-License-Identifier: MIT
/**
 * The endpoint's interrupt translation service, set up by hand for one event of one device.
 *
 * Registers, commands and tables: Arm IHI 0069, chapters 5 and 12. Addresses: QEMU `hw/arm/virt.c`.
 */
import { ramBase } from "./linked-pair.ts";
import type { Qtest } from "./qtest.ts";

const its = 0x0808_0000n;
const redistributor = 0x080a_0000n;

/** Where a device writes its events. */
export const translater = its + 0x1_0040n;

/** The tables' places in RAM; 64 KiB apart where the architecture wants it. */
const tables = {
  devices: ramBase + 0x100_0000n,
  collections: ramBase + 0x110_0000n,
  commands: ramBase + 0x111_0000n,
  translation: ramBase + 0x112_0000n,
  properties: ramBase + 0x113_0000n,
  pending: ramBase + 0x114_0000n,
};

const valid = 1n << 63n;
const page64k = 2n << 8n;
const mapDevice = 0x08n;
const mapCollection = 0x09n;
const mapEvent = 0x0an;

export type ItsEvent = { readonly deviceId: number; readonly event: number; readonly lpi: number };

/** Maps the event onto the LPI at the first CPU. */
export async function routeEvent(bus: Qtest, { deviceId, event, lpi }: ItsEvent): Promise<void> {
  await bus.writeq(redistributor + 0x70n, tables.properties | 15n);
  await bus.writeq(redistributor + 0x78n, tables.pending);
  await bus.writel(redistributor, 1);

  await bus.writeq(its + 0x100n, valid | tables.devices | page64k | 7n);
  await bus.writeq(its + 0x108n, valid | tables.collections | page64k);
  await bus.writeq(its + 0x80n, valid | tables.commands);
  const device = BigInt(deviceId) << 32n;
  const commands = [
    [mapDevice | device, 4n, valid | tables.translation],
    [mapCollection, 0n, valid],
    [mapEvent | device, (BigInt(lpi) << 32n) | BigInt(event), 0n],
  ];
  for (const [index, words] of commands.entries()) {
    for (const [word, value] of words.entries()) {
      await bus.writeq(tables.commands + BigInt(index * 32 + word * 8), value);
    }
  }
  await bus.writel(its, 1);
  await bus.writeq(its + 0x88n, BigInt(commands.length * 32));
}

export async function lpiPending(bus: Qtest, lpi: number): Promise<boolean> {
  const [byte = 0] = await bus.read(tables.pending + BigInt(lpi >> 3), 1);
  return ((byte >> (lpi & 7)) & 1) === 1;
}
