// SPDX-License-Identifier: MIT

import { InfrastructureError, UsageError } from "../errors.ts";
import type { GuestArchitecture } from "../guest-architectures.ts";
import type { Archive } from "./archive/apt.ts";
import type { Cache } from "./cache/cache.ts";
import { importNote } from "./cache/carry/imported.ts";
import { requireSpace } from "./cache/disk-space.ts";
import { findResult, type Kind, makeResult, type Result } from "./cache/product.ts";
import type { ProgressSink } from "./work/events.ts";
import { ensureHostTools } from "./work/host-tools.ts";
import { runTask, type Task } from "./work/task.ts";

/** Where one call of provisioning works: its cache, its tasks, and a machine that is made ready once there is work. */
export class Provisioning {
  readonly cache: Cache;
  readonly archive: Archive;
  readonly #progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly #guests = new Set<GuestArchitecture>();
  #ready: Promise<void> | undefined;
  #bytes = 0;

  constructor(cache: Cache, archive: Archive, progress: ProgressSink, signal: AbortSignal) {
    this.cache = cache;
    this.archive = archive;
    this.#progress = progress;
    this.signal = signal;
  }

  /** Says that so many bytes will be written; counts until the machine has been made ready. */
  expect(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Says that something may have to be compiled for a guest of this kind; counts until the machine has been made ready. */
  compileFor(architecture: GuestArchitecture): void {
    this.#guests.add(architecture);
  }

  /** Once, and only when there is something to build: enough space, and all tools. */
  prepareMachine(): Promise<void> {
    this.#ready ??= this.task("host-tools", "Check this machine's build tools", async (task) => {
      const note = await importNote(this.cache);
      if (note !== "") task.say(note);
      await requireSpace(this.cache.root, this.#bytes);
      await ensureHostTools(task, this.#guests).catch((error: unknown) => {
        if (note === "" || !(error instanceof Error)) throw error;
        const Kind = error instanceof UsageError ? UsageError : Error;
        throw new Kind(`${error.message}\n(${note})`, { cause: error });
      });
    });
    return this.#ready;
  }

  task<T>(id: string, title: string, body: (task: Task) => Promise<T>): Promise<T> {
    const environment = { progress: this.#progress, signal: this.signal };
    return runTask(environment, { id, title }, this.cache.logPath(id), body);
  }

  /** A task that asks Debian's archive; where it fails, and the cache came without sources, it says so. */
  async fetch<T>(id: string, title: string, body: (task: Task) => Promise<T>): Promise<T> {
    try {
      return await this.task(id, title, body);
    } catch (error) {
      const note = await importNote(this.cache);
      if (note === "" || !(error instanceof InfrastructureError)) throw error;
      const { tail, logPath } = error;
      const evidence = logPath === undefined ? { tail } : { tail, logPath };
      throw new InfrastructureError(`${error.message} (${note})`, evidence, { cause: error });
    }
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
    return this.task(`${kind.name}-build`, kind.title, (task) =>
      makeResult(this.cache, kind, inputs, task),
    );
  }
}
