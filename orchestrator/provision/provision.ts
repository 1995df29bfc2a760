// SPDX-License-Identifier: MIT
//
// From nothing to what a run boots. QEMU and the guests' side (kernel, then modules, then image) are independent: both
// chains work at the same time, sharing the machine's processors. What the cache has already is not asked for again,
// nor is any server.

import { join, resolve } from "node:path";
import { UsageError } from "../run/errors.ts";
import { Archive } from "./apt.ts";
import {
  type Artifacts,
  type GuestArtifacts,
  type Guests,
  ofBoth,
  type QemuArtifacts,
} from "./artifacts.ts";
import { Cache, defaultCacheRoot } from "./cache.ts";
import { type Compilers, findCompilers } from "./compilers.ts";
import { requireSpace } from "./disk-space.ts";
import type { ProgressSink } from "./events.ts";
import { readFragments } from "./fragments.ts";
import { ensureHostTools } from "./host-tools.ts";
import { buildImage, fetchGuestPackages, findImage, type ImageInputs } from "./image.ts";
import {
  type BuiltKernel,
  buildKernel,
  fetchKernel,
  findKernel,
  type KernelInputs,
} from "./kernel.ts";
import {
  type KernelChoice,
  type KernelChoices,
  pinnedKernels,
  sameChoice,
} from "./kernel-choice.ts";
import { findResult, type Kind, makeResult, type Result } from "./kind.ts";
import { kselftestsKind } from "./kselftests.ts";
import { modulesKind } from "./modules.ts";
import { buildQemu, fetchQemu, findQemu, type QemuInputs } from "./qemu.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { runStep, type Step } from "./step.ts";

/** What builds from nothing occupy at their height, measured and rounded up. */
const GIB = 1024 ** 3;
const SPACE = { qemu: GIB, kernel: 3 * GIB, others: GIB / 4 };

const PROJECT = resolve(import.meta.dirname, "../..");

export interface ProvisionRequest {
  /** Where results are kept; the user's cache directory when not given. */
  readonly cacheRoot?: string;
  /** The kernel that this project is made for when not given. */
  readonly kernels?: KernelChoices;
}

export interface ProvisionOptions {
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

/**
 * Builds or finds everything that a run boots.
 *
 * @throws UsageError when this machine lacks something that a person must provide (packages, disk space).
 * @throws InfrastructureError when a download or build fails; it carries the end of the step's log and the log's path.
 * @throws the signal's reason when aborted; no program that was started is left running.
 */
export async function provision(
  request: ProvisionRequest,
  options: ProvisionOptions,
): Promise<Artifacts> {
  const cache = new Cache(request.cacheRoot ?? defaultCacheRoot());
  return new Provisioning(cache, options).run(request.kernels ?? pinnedKernels);
}

class Provisioning {
  readonly #cache: Cache;
  readonly #archive: Archive;
  readonly #progress: ProgressSink;
  readonly #stop = new AbortController();
  /** Aborted from outside, or when one chain has failed and the other need not go on. */
  readonly #signal: AbortSignal;
  #ready: Promise<void> | undefined;
  #space = SPACE.qemu + SPACE.others;

  constructor(cache: Cache, options: ProvisionOptions) {
    this.#cache = cache;
    this.#archive = new Archive(cache);
    this.#progress = options.progress;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  async run({ host, endpoint }: KernelChoices): Promise<Artifacts> {
    const sources = await readSources();
    const compilers = await this.#compilers();
    const qemuInputs = { devices: sources.devices, compilers };
    const choices = sameChoice(host, endpoint) ? [host] : [host, endpoint];
    const [foundQemu, ...kernels] = await Promise.all([
      findQemu(this.#cache, qemuInputs),
      ...choices.map((choice) => this.#findKernel(choice, compilers)),
    ]);
    if (foundQemu !== undefined) this.#space -= SPACE.qemu;
    this.#space += SPACE.kernel * kernels.filter(({ found }) => found === undefined).length;
    const [qemu, guests] = await this.#together(
      foundQemu ?? this.#qemu(qemuInputs),
      this.#guests(kernels, sources, compilers),
    );
    return {
      qemu,
      guests,
      versions: {
        qemu: qemu.version,
        kernel: ofBoth(guests, ({ kernel }) => `${kernel.release} (${kernel.origin})`),
        kernelCompiler: compilers.kernel,
        hostCompiler: compilers.host,
      },
    };
  }

  async #qemu(inputs: QemuInputs): Promise<QemuArtifacts> {
    await this.#prepareMachine();
    const download = await this.#step("qemu-fetch", "Fetch QEMU's source", (step) =>
      fetchQemu(this.#cache, this.#archive, step),
    );
    const { version } = download.pin.source;
    return this.#step("qemu-build", `Build QEMU ${version} with the project's devices`, (step) =>
      buildQemu(this.#cache, download, inputs, step),
    );
  }

  async #findKernel(choice: KernelChoice, compilers: Compilers): Promise<WantedKernel> {
    const { source, patches, llvm } = choice;
    const pinned = source.kind === "debian" && /^(pinned|newest)$/.test(source.series);
    if (!pinned || patches !== undefined || llvm) {
      throw new UsageError("kernels other than the pinned one cannot be built yet");
    }
    const inputs = { fragments: await readFragments(choice), compilers };
    return { inputs, found: await findKernel(this.#cache, inputs) };
  }

  /** One after the other: each build uses all processors. */
  async #guests(
    kernels: readonly WantedKernel[],
    sources: Sources,
    compilers: Compilers,
  ): Promise<Guests> {
    const guests: GuestArtifacts[] = [];
    for (const { inputs, found } of kernels) {
      guests.push(await this.#guest(found ?? (await this.#kernel(inputs)), sources, compilers));
    }
    const [host, endpoint = host] = guests;
    if (host === undefined || endpoint === undefined) throw new Error("no kernel was asked for");
    return { host, endpoint };
  }

  async #guest(
    kernel: BuiltKernel,
    sources: Sources,
    compilers: Compilers,
  ): Promise<GuestArtifacts> {
    const modules = await this.#result(modulesKind, {
      sources: sources.modules,
      kernel,
      compilers,
    });
    const kselftests = await this.#result(kselftestsKind, { kernel, compilers });
    const { definition, builder } = sources;
    const initrd = await this.#image({ definition, builder, kernel, modules, kselftests });
    return { kernel: kernel.artifacts, initrd };
  }

  async #kernel(inputs: KernelInputs): Promise<BuiltKernel> {
    await this.#prepareMachine();
    const download = await this.#step("kernel-fetch", "Fetch the kernel's source", (step) =>
      fetchKernel(this.#cache, this.#archive, step),
    );
    const { name, version } = download.pin;
    return this.#step("kernel-build", `Build the guests' kernel (${name} ${version})`, (step) =>
      buildKernel(this.#cache, download, inputs, step),
    );
  }

  async #result<Inputs>(kind: Kind<Inputs>, inputs: Inputs): Promise<Result> {
    const found = await findResult(this.#cache, kind, inputs);
    if (found !== undefined) return found;
    await this.#prepareMachine();
    return this.#step(`${kind.name}-build`, kind.title, (step) =>
      makeResult(this.#cache, kind, inputs, step),
    );
  }

  async #image(inputs: ImageInputs): Promise<string> {
    const found = await findImage(this.#cache, inputs);
    if (found !== undefined) return found;
    await this.#prepareMachine();
    const download = await this.#step("packages-fetch", "Fetch the guests' packages", (step) =>
      fetchGuestPackages(this.#cache, this.#archive, inputs.definition, step),
    );
    return this.#step("image-build", "Put the guests' image together", (step) =>
      buildImage(this.#cache, download, inputs, step),
    );
  }

  /** The compilers, installed first when there are none. */
  async #compilers(): Promise<Compilers> {
    try {
      return await findCompilers();
    } catch {
      await this.#prepareMachine();
      return findCompilers();
    }
  }

  /** Once, and only when there is something to build. */
  #prepareMachine(): Promise<void> {
    this.#ready ??= this.#step("host-tools", "Check this machine's build tools", async (step) => {
      await requireSpace(this.#cache.root, this.#space);
      await ensureHostTools(step);
    });
    return this.#ready;
  }

  #step<T>(id: string, title: string, body: (step: Step) => Promise<T>): Promise<T> {
    const environment = { progress: this.#progress, signal: this.#signal };
    return runStep(environment, { id, title }, this.#cache.logPath(id), body);
  }

  /** Both results, or the first failure once the other chain has stopped. */
  async #together<A, B>(first: A | Promise<A>, second: B | Promise<B>): Promise<[A, B]> {
    const chains = [first, second] as const;
    try {
      return await Promise.all(chains);
    } catch (error) {
      this.#stop.abort(error);
      await Promise.allSettled(chains);
      throw error;
    }
  }
}

/** A kernel that a guest is to get, and what the cache has of it. */
interface WantedKernel {
  readonly inputs: KernelInputs;
  readonly found: BuiltKernel | undefined;
}

interface Sources {
  readonly devices: Snapshot;
  readonly modules: Snapshot;
  readonly definition: Snapshot;
  readonly builder: Snapshot;
}

async function readSources(): Promise<Sources> {
  const guest = join(PROJECT, "guest-images");
  const [devices, modules, definition, builder] = await Promise.all([
    takeSnapshot(join(PROJECT, "qemu-devices"), isDeviceSource),
    takeSnapshot(join(guest, "modules"), isModuleSource),
    takeSnapshot(join(guest, "rootfs")),
    takeSnapshot(import.meta.dirname, (path) => /^(cpio|elf|rootfs|image)\.ts$/.test(path)),
  ]);
  return { devices, modules, definition, builder };
}

/** Tests and documentation beside the devices do not change what is built. */
function isDeviceSource(path: string): boolean {
  return path.startsWith("src/") || path === "prepare-qemu-source.sh";
}

function isModuleSource(path: string): boolean {
  return /\/([^/]+\.[chS]|Kbuild|Makefile)$/.test(path);
}
