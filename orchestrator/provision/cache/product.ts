// SPDX-License-Identifier: MIT
//
// Kinds of things that the cache holds and that are made from nothing but other results and our own sources: what a kind
// needs to say is its name, what went in, and how one is made.

import type { Task } from "../work/task.ts";
import type { Cache } from "./cache.ts";
import { cacheKey, type KeyInput } from "./cache-key.ts";

export interface Kind<Inputs> {
  /** Directory of the cache, and beginning of its fingerprints and of its task's name. */
  readonly name: string;
  /** What making one is called, for people. */
  readonly title: string;
  /** All that decides the result. */
  inputs(inputs: Inputs): KeyInput;
  /** Makes one in the empty directory `into`. */
  make(cache: Cache, inputs: Inputs, into: string, task: Task): Promise<void>;
}

export interface Result {
  /** Fingerprint of all that went in. */
  readonly key: string;
  readonly directory: string;
}

/** The result, if the cache has it. */
export async function findResult<Inputs>(
  cache: Cache,
  kind: Kind<Inputs>,
  inputs: Inputs,
): Promise<Result | undefined> {
  const key = keyOf(kind, inputs);
  const directory = await cache.find(kind.name, key);
  return directory === undefined ? undefined : { key, directory };
}

/** The result, made now if another run has not made it meanwhile. */
export async function makeResult<Inputs>(
  cache: Cache,
  kind: Kind<Inputs>,
  inputs: Inputs,
  task: Task,
): Promise<Result> {
  const key = keyOf(kind, inputs);
  const directory = await cache.produce(kind.name, key, task, (into) =>
    kind.make(cache, inputs, into, task),
  );
  return { key, directory };
}

function keyOf<Inputs>(kind: Kind<Inputs>, inputs: Inputs): string {
  return cacheKey([kind.name, kind.inputs(inputs)]);
}
