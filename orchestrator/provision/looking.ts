// SPDX-License-Identifier: MIT
//
// Finding what there is, and nothing else.

import { Cache } from "./cache/cache.ts";
import { Provisioning } from "./provisioning.ts";

/** Something would have to be made. */
class NotThereError extends Error {}

/** Stops where something would have to be made. */
class LookingProvisioning extends Provisioning {
  override prepareMachine(): Promise<void> {
    return Promise.reject(new NotThereError());
  }

  override task<T>(): Promise<T> {
    return Promise.reject(new NotThereError());
  }
}

/**
 * What `look` finds in a provisioning where nothing can be made; undefined when something would have to be. The cache then
 * counts all that was found as referred to, or only what a whole success has found.
 */
export async function ifThere<T>(
  provisioning: Provisioning,
  look: (provisioning: Provisioning) => Promise<T>,
  { referred = "if all is there" as "if all is there" | "in any case" } = {},
): Promise<T | undefined> {
  const { archive, cache, signal } = provisioning;
  const looking = new Cache(cache.root);
  const found = await look(new LookingProvisioning(looking, archive, () => {}, signal)).catch(
    (error: unknown) => {
      if (error instanceof NotThereError) return undefined;
      throw error;
    },
  );
  if (found !== undefined || referred === "in any case") {
    for (const entry of looking.referred) cache.referred.add(entry);
  }
  return found;
}
