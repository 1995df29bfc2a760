// SPDX-License-Identifier: MIT
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { debugFiles, gdbHint } from "../../lab/gdb.ts";
import type { RunningLab, StartedLab } from "../../lab/lab.ts";
import { readyLine } from "../../lab/vm.ts";
import { knownBy } from "../../scenario/known-noise.ts";
import { allOf, linkOf, machineOf, namesOf } from "../../scenario/topology/graph.ts";
import { tracedBy } from "../evidence/traced.ts";
import type { Bookkeeping } from "./bookkeeping.ts";
import { complaintsOfLate } from "./complaints-of-late.ts";
import { exercise } from "./exercise.ts";
import { explainFailure } from "./failure.ts";
import { findLeaks, leakHunters } from "./leaks.ts";
import { LinkSamplers } from "./sampling.ts";
import type { VariantSetup } from "./variant-setup.ts";

/** For a search of both guests at once, with a kernel that checks everything else, too. */
const leakSearchMs = 60_000;

/** Boots a variant's VMs, runs its steps, and looks at what is to be found at the end. Throws the first thing that goes wrong. */
export async function guestPhases(
  book: Bookkeeping,
  { artifacts, choice, out, inspection, startLab }: VariantSetup,
  timeScale: number,
  signal: AbortSignal,
): Promise<void> {
  const { plan } = book;
  const directory = join(out, plan.variant);
  await mkdir(directory, { recursive: true });
  const { accelerator } = choice;
  const isKnown = knownBy(plan.knownNoise);
  // What checks look at is on beside what a person wants to see.
  const trace = [...(inspection.trace ?? []), ...tracedBy(plan)];
  const looked = trace.length > 0 ? { ...inspection, trace } : inspection;
  let lab: StartedLab | undefined;
  try {
    const running = await book.phase(
      "boot",
      `Boot ${allOf(namesOf(plan.topology), "VMs")}`,
      async () => {
        const setup = {
          plan,
          artifacts,
          accelerator,
          timeScale,
          signal,
          inspection: looked,
          isKnown,
        };
        lab = await startLab({ ...setup, out: directory });
        book.lab = lab;
        const { gdb } = inspection;
        const hint = gdb
          ? gdbHint(
              gdb,
              lab.directory,
              debugFiles(artifacts.guests[machineOf(plan.topology, gdb).role]),
            )
          : [];
        for (const text of hint) book.journal.events.emit({ type: "note", text });
        tellWhoBoots(book, lab);
        return lab.running();
      },
    );
    book.running = running;
    const hunters = await leakHunters(plan.topology, artifacts.guests, isKnown);
    const leakLimit = { ms: leakSearchMs * timeScale, signal };
    await steps(book, running, timeScale);
    if (hunters.length > 0) {
      const search = () => findLeaks(running, hunters, leakLimit);
      await book.phase("leaks", "Search for memory leaks", search);
    }
    await complaintsOfLate(running, isKnown);
  } catch (error) {
    throw await explainFailure(error, lab);
  }
}

/** Runs the steps while the controllers' counters are read. */
async function steps(book: Bookkeeping, lab: RunningLab, timeScale: number): Promise<void> {
  const { topology } = book.plan;
  const isOn = (link: string) => book.lab?.isOn(linkOf(topology, link).endpoint) ?? false;
  const counters = new LinkSamplers(
    topology.links,
    async (link) => (isOn(link) ? lab.link(link).stats() : undefined),
    () => book.journal.clock(),
  );
  try {
    await book.phase("steps", "Run the steps", () => exercise({ lab, timeScale, book, counters }));
    await counters.readNow();
  } catch (error) {
    // What went wrong says more than that nobody could look afterwards.
    if (!lab.signal.aborted) await counters.readNow().catch(() => undefined);
    throw error;
  } finally {
    book.series.push(...counters.stop());
    book.counted = counters.counted;
  }
}

/** While they boot: which of the VMs are still being waited for. */
function tellWhoBoots({ journal }: Bookkeeping, lab: StartedLab): void {
  const waiting = new Set(Object.keys(lab.consoles));
  const tell = () => {
    if (waiting.size === 0) return;
    const text = `waiting for the ${[...waiting].join(" and the ")} VM to come up`;
    journal.events.emit({ type: "step-progress", id: "boot", text });
  };
  for (const [name, console] of Object.entries(lab.consoles)) {
    void console.waitFor(readyLine).then(() => {
      waiting.delete(name);
      tell();
    });
  }
  tell();
}
