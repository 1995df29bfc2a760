// SPDX-License-Identifier: MIT

import type { Archive } from "./archive/apt.ts";
import type { Cache } from "./cache/cache.ts";
import { requireSpace } from "./cache/disk-space.ts";
import { findResult, type Kind, makeResult, type Result } from "./cache/product.ts";
import type { ProgressSink } from "./work/events.ts";
import { ensureHostTools } from "./work/host-tools.ts";
import { runStep, type Step } from "./work/task.ts";

/** Where one call of provisioning works: its cache, its steps, and a machine that is made ready once there is work. */
export class Workshop {
  readonly cache: Cache;
  readonly archive: Archive;
  readonly #progress: ProgressSink;
  readonly #signal: AbortSignal;
  #ready: Promise<void> | undefined;
  #bytes = 0;

  constructor(cache: Cache, archive: Archive, progress: ProgressSink, signal: AbortSignal) {
    this.cache = cache;
    this.archive = archive;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Says that so many bytes will be written; counts until the machine has been made ready. */
  expect(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Once, and only when there is something to build: enough space, and all tools. */
  prepareMachine(): Promise<void> {
    this.#ready ??= this.step("host-tools", "Check this machine's build tools", async (step) => {
      await requireSpace(this.cache.root, this.#bytes);
      await ensureHostTools(step);
    });
    return this.#ready;
  }

  step<T>(id: string, title: string, body: (step: Step) => Promise<T>): Promise<T> {
    const environment = { progress: this.#progress, signal: this.#signal };
    return runStep(environment, { id, title }, this.cache.logPath(id), body);
  }

  /** A result of this kind, found, or made after `prepare`. */
  async result<Inputs>(
    kind: Kind<Inputs>,
    inputs: Inputs,
    prepare: () => Promise<void>,
  ): Promise<Result> {
    const found = await findResult(this.cache, kind, inputs);
    if (found !== undefined) return found;
    await this.prepareMachine();
    await prepare();
    return this.step(`${kind.name}-build`, kind.title, (step) =>
      makeResult(this.cache, kind, inputs, step),
    );
  }
}
