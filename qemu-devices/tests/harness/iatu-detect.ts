// SPDX-License-Identifier: MIT
/**
 * The measurements that Linux makes of the iATU before it uses it: `dw_pcie_iatu_detect` in
 * `drivers/pci/controller/dwc/pcie-designware.c`.
 */
import type { IatuDirection } from "./iatu.ts";
import { endpointMap, type LinkedPair } from "./linked-pair.ts";

/** PCIE_ATU_VIEWPORT: all ones say that the regions' registers are unrolled. */
const viewport = 0x900n;
/** Bytes of the "atu" register block, of which each region takes 512. */
const blockSize = 0x1_0000;
const probe = 0x1111_0000;

export async function detectIatu(pair: LinkedPair) {
  const unrolled = await pair.endpoint.bus.readl(endpointMap.dbi + viewport);
  if (unrolled !== 0xffff_ffff) {
    throw new Error(
      `expected the iATU's viewport to read all ones, got 0x${unrolled.toString(16)}`,
    );
  }
  const outbound = await countRegions(pair, "outbound");
  const inbound = await countRegions(pair, "inbound");
  const direction = outbound > 0 ? "outbound" : "inbound";
  await pair.iatu.write(direction, 0, "lowerLimit", 0);
  const lowest = await pair.iatu.read(direction, 0, "lowerLimit");
  await pair.iatu.write(direction, 0, "upperLimit", 0xffff_ffff);
  const upper = await pair.iatu.read(direction, 0, "upperLimit");
  return {
    outbound,
    inbound,
    /** Bytes; as the position of the highest bit set. */
    align: 2 ** (32 - Math.clz32(lowest)),
    /** The largest region, in bytes. */
    limit: (BigInt(upper) << 32n) + (1n << 32n),
  };
}

/** Regions exist up to the first whose target does not keep what is written. */
async function countRegions(pair: LinkedPair, direction: IatuDirection): Promise<number> {
  const most = Math.min(blockSize / 512, 256);
  for (let region = 0; region < most; region++) {
    await pair.iatu.write(direction, region, "lowerTarget", probe);
    if ((await pair.iatu.read(direction, region, "lowerTarget")) !== probe) return region;
  }
  return most;
}
