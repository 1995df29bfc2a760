// SPDX-License-Identifier: MIT
import { expect, vi } from "vitest";

/** What the other thread of the device needs at most, on a busy machine; it is idle otherwise. */
const limits = { timeout: 5000, interval: 2 };

/** Looks again and again until it sees `wanted`; fails with what it saw last. */
export async function eventually<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  await vi.waitFor(async () => expect(await look()).toEqual(wanted), limits);
}
