// SPDX-License-Identifier: MIT
//
// Finding what there is, and nothing else.

import { Cache } from "./cache/cache.ts";
import { findResult, type Kind, type Result } from "./cache/product.ts";
import { Provisioning } from "./provisioning.ts";

/** Something would have to be made; the message is the title of the task that would. */
class NotThereError extends Error {}

/** Stops where something would have to be made. */
class LookingProvisioning extends Provisioning {
  override prepareMachine(): Promise<void> {
    return Promise.reject(new NotThereError("Make this machine ready to build"));
  }

  override task<T>(_id: string, title: string): Promise<T> {
    return Promise.reject(new NotThereError(title));
  }

  override async result<Inputs>(kind: Kind<Inputs>, inputs: Inputs): Promise<Result> {
    const found = await findResult(this.cache, kind, inputs);
    if (found === undefined) throw new NotThereError(kind.title);
    return found;
  }
}

interface Look {
  /** What the cache counts as referred to afterwards: all that was found, or only what a whole success has found. */
  readonly referred?: "if all is there" | "in any case";
  /** Is told the title of what would have to be done. */
  readonly lacking?: (title: string) => void;
}

/**
 * What `look` finds in a provisioning where nothing can be made; undefined when something would have to be.
 */
export async function ifThere<T>(
  provisioning: Provisioning,
  look: (provisioning: Provisioning) => Promise<T>,
  { referred = "if all is there", lacking = () => {} }: Look = {},
): Promise<T | undefined> {
  const { archive, cache, signal } = provisioning;
  const looking = new Cache(cache.root);
  const found = await look(new LookingProvisioning(looking, archive, () => {}, signal)).catch(
    (error: unknown) => {
      if (!(error instanceof NotThereError)) throw error;
      lacking(error.message);
      return undefined;
    },
  );
  if (found !== undefined || referred === "in any case") {
    for (const entry of looking.referred) cache.referred.add(entry);
  }
  return found;
}
