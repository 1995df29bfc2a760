// SPDX-License-Identifier: MIT
//
// The two chains of provisioning, at the same time: QEMU with the devices, and the guests' side (kernel, then modules, then
// image). They share the machine's processors.

import { type Artifacts, ofBoth, type QemuArtifacts, type QemuProgram } from "../artifacts.ts";
import { InfrastructureError } from "../errors.ts";
import type { GuestArchitecture } from "../guest-architectures.ts";
import {
  compilersFor,
  type FoundGuest,
  findGuest,
  type GuestSources,
  lookForKernel,
  makeGuest,
  type WantedKernel,
} from "./guest.ts";
import type { Toolchain } from "./kernel/choice/part.ts";
import {
  type KernelChoice,
  type KernelChoices,
  recipeOf,
  sameChoice,
} from "./kernel/kernel-choice.ts";
import { knownCompilers, type UsedCompilers } from "./kernel/known-compilers.ts";
import type { Provisioning } from "./provisioning.ts";
import type { QemuChoice } from "./qemu/choice.ts";
import { findQemu, makeQemu, type QemuInputs } from "./qemu.ts";
import type { LabSources } from "./sources.ts";

/** What builds from nothing occupy at their height, measured and rounded up. */
const GIB = 1024 ** 3;
const SPACE = { qemu: GIB, kernel: 3 * GIB, others: GIB / 4 };

/** What is to be there, with nothing left open (ProvisionRequest says what each is). */
export interface Wanted {
  readonly kernels: KernelChoices;
  readonly qemu: QemuChoice;
  readonly headers: boolean;
  readonly build: boolean;
}

/** What came of it, and by which compilers. */
export interface Made {
  readonly artifacts: Artifacts;
  readonly compilers: readonly UsedCompilers[];
}

/**
 * Finds all that both VMs boot, or makes it of these sources.
 *
 * @param stop ends the provisioning: a chain that fails stops the other.
 */
export async function makeAll(
  provisioning: Provisioning,
  { kernels: { host, endpoint }, qemu: choice, headers, build }: Wanted,
  { devices, ...sources }: LabSources,
  stop: AbortController,
): Promise<Made> {
  const choices = sameChoice(host, endpoint) ? [host] : [host, endpoint];
  const architectures = architecturesOf(choices);
  for (const architecture of architectures) provisioning.compileFor(architecture);
  const inputs = architectures.map((architecture) => ({
    ...{ choice, architecture, devices },
    headers: headers && architecture === "arm64",
  }));
  const lacks: string[] = [];
  const lacking = (title: string) => void lacks.push(title);
  const [foundQemus, foundGuests] = await Promise.all([
    Promise.all(inputs.map((one) => findQemuBy(provisioning, one))),
    Promise.all(choices.map((kernel) => findGuest(provisioning, kernel, sources, lacking))),
  ]);
  if (foundQemus.includes(undefined)) lacking("Build the devices for QEMU");
  const complete = lacks.length === 0;
  if (!complete && !build) {
    throw new InfrastructureError(
      `not all that is to run is in ${provisioning.cache.root}, and nothing is to be built: ${lacks.join("; ")}. Expected what "build" has made of the same sources and kernels; without --no-build it is built now`,
    );
  }
  if (!complete) provisioning.expect(SPACE.others);
  if (foundQemus.includes(undefined)) provisioning.expect(SPACE.qemu);
  const wanted: WantedGuest[] = [];
  for (const [index, kernel] of choices.entries()) {
    const found = foundGuests[index];
    wanted.push(found ?? (await lookWithOwnCompilers(provisioning, kernel)));
  }
  const [qemus, guests] = await together(
    stop,
    makeQemus(provisioning, inputs, foundQemus),
    makeGuests(provisioning, wanted, sources),
  );
  const qemu = qemuArtifacts(architectures, qemus);
  const [ofHost, ofEndpoint = ofHost] = guests;
  if (ofHost === undefined || ofEndpoint === undefined) throw new Error("no kernel was asked for");
  const both = { host: ofHost.guest, endpoint: ofEndpoint.guest };
  const configFragments = ofBoth(both, ({ kernel }) => inWords(kernel.fragments));
  const kernelPatches = ofBoth(both, ({ kernel }) => inWords(kernel.applied ?? []));
  return {
    compilers: [...qemus, ...guests].map(({ compilers }) => compilers),
    artifacts: {
      qemu,
      guests: both,
      versions: {
        qemu: qemu.version,
        kernel: ofBoth(both, ({ kernel }) => `${kernel.release} (${kernel.origin})`),
        ...(kernelPatches === none ? {} : { kernelPatches }),
        ...(configFragments === none ? {} : { configFragments }),
        kernelCompiler: ofBoth(both, ({ kernel }) => kernel.compiler),
        hostCompiler: qemus[0]?.compilers.compilers.host ?? "",
      },
    },
  };
}

/** Arm's first: every lab has an endpoint. */
export function architecturesOf(choices: readonly KernelChoice[]): GuestArchitecture[] {
  const asked = choices.map((choice) => recipeOf(choice).toolchain.architecture ?? "arm64");
  return [...new Set<GuestArchitecture>(["arm64", ...asked])];
}

/** Of lists in a report's surroundings that are empty. */
const none = "none";

const inWords = (names: readonly string[]) => (names.length === 0 ? none : names.join(" + "));

function qemuArtifacts(
  architectures: readonly GuestArchitecture[],
  [ofArm, ...others]: readonly ReadyQemu[],
): QemuArtifacts {
  if (ofArm === undefined) throw new Error("no QEMU was asked for");
  const named = others.map(({ artifacts }, index) => [architectures[index + 1], artifacts]);
  return { ...ofArm.artifacts, others: Object.fromEntries(named) };
}

interface ReadyQemu {
  readonly artifacts: QemuProgram;
  readonly compilers: UsedCompilers;
}

/** By whichever compilers that are known here it was made. */
async function findQemuBy(
  { cache }: Provisioning,
  inputs: Omit<QemuInputs, "compilers">,
): Promise<ReadyQemu | undefined> {
  for (const compilers of await knownCompilers(cache, {})) {
    const artifacts = await findQemu(cache, { ...inputs, compilers });
    if (artifacts !== undefined) return { artifacts, compilers: { asked: {}, compilers } };
  }
  return undefined;
}

/** One after the other: they share what they are compiled against. */
async function makeQemus(
  provisioning: Provisioning,
  inputs: readonly Omit<QemuInputs, "compilers">[],
  found: readonly (ReadyQemu | undefined)[],
): Promise<ReadyQemu[]> {
  const made: ReadyQemu[] = [];
  for (const [index, one] of inputs.entries()) {
    made.push(found[index] ?? (await makeQemuHere(provisioning, one)));
  }
  return made;
}

async function makeQemuHere(
  provisioning: Provisioning,
  inputs: Omit<QemuInputs, "compilers">,
): Promise<ReadyQemu> {
  const compilers = await compilersFor(provisioning);
  const artifacts = await makeQemu(provisioning, { ...inputs, compilers });
  return { artifacts, compilers: { asked: {}, compilers } };
}

/** A guest that is there, or of which something has to be made. */
type WantedGuest = FoundGuest | { readonly kernel: WantedKernel; readonly asked: Toolchain };

/** Whatever has to be made is made by this machine's compilers. */
async function lookWithOwnCompilers(
  provisioning: Provisioning,
  choice: KernelChoice,
): Promise<WantedGuest> {
  provisioning.expect(SPACE.kernel);
  const { toolchain } = recipeOf(choice);
  const kernel = await lookForKernel(
    provisioning,
    choice,
    await compilersFor(provisioning, toolchain),
  );
  if (kernel.found !== undefined) provisioning.expect(-SPACE.kernel);
  return { kernel, asked: toolchain };
}

/** One after the other: each build uses all processors. */
async function makeGuests(
  provisioning: Provisioning,
  wanted: readonly WantedGuest[],
  sources: GuestSources,
): Promise<FoundGuest[]> {
  const guests: FoundGuest[] = [];
  for (const one of wanted) {
    if ("guest" in one) guests.push(one);
    else {
      const guest = await makeGuest(provisioning, one.kernel, sources);
      const { compilers } = one.kernel.settings;
      guests.push({ guest, compilers: { asked: one.asked, compilers } });
    }
  }
  return guests;
}

/** Both results, or the first failure once the other chain has stopped. */
async function together<A, B>(
  stop: AbortController,
  first: A | Promise<A>,
  second: B | Promise<B>,
): Promise<[A, B]> {
  const chains = [first, second] as const;
  try {
    return await Promise.all(chains);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(chains);
    throw error;
  }
}
