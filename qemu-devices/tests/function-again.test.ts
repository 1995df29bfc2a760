// SPDX-License-Identifier: MIT
/** A function that goes with its link, and comes back with it, again and again. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { LinkedPair } from "./harness/linked-pair.ts";

let pair: LinkedPair;
beforeEach(async () => {
  // Without caches of its own for each thread, the C library finds what is freed twice in a row.
  const environment = { GLIBC_TUNABLES: "glibc.malloc.tcache_count=0" };
  pair = await LinkedPair.start({}, { environment });
  await pair.implementBar(0, 0x1000);
});
afterEach(() => pair?.stop());

it("leaves nothing behind in the host that is let go of twice", async () => {
  for (let i = 0; i < 12; i++) {
    await pair.train();
    const deleted = pair.functionDeleted();
    await pair.setLink(false);
    await deleted;
  }
  await pair.host.qmp.execute("query-status");
  expect(await pair.linkState()).toBe("down");
});
