// SPDX-License-Identifier: MIT
import { kvmHindrance } from "../../lab/machine-facts.ts";
import { longestTemporary } from "../../lab/temporary.ts";
import { gibibytes } from "../../scenario/size.ts";
import { describe } from "../vms/stop.ts";
import type { CacheFacts, DoctorFacts } from "./facts.ts";

/** One thing that was looked at. Only `missing` keeps runs from being made until a person changes something. */
export interface Finding {
  readonly status: "ok" | "note" | "missing";
  readonly what: string;
  readonly text: string;
}

const GIB = 1024 ** 3;
/** Both VMs' default memory, and what two QEMUs and this program take. */
const runMemory = 2.5 * GIB;
/** Sources, build trees and results of a build from nothing, measured and rounded up. */
const buildSpace = 8 * GIB;

/** Programs that one needs for some flags only, and for which. */
export const optionalPrograms = [
  { names: ["ccache"], gives: "faster rebuilds" },
  { names: ["gdb-multiarch", "aarch64-linux-gnu-gdb"], gives: "--gdb" },
  { names: ["b4"], gives: "--patches MESSAGE-ID" },
  { names: ["clang", "ld.lld"], gives: "LLVM=1", all: true },
  { names: ["git"], gives: "bisect" },
] as const;

/** What the facts mean for runs, in the order in which a person wants to read it. */
export function doctorFindings(facts: DoctorFacts): Finding[] {
  return [
    memory(facts),
    temporary(facts),
    packages(facts),
    accelerator(facts),
    disk(facts.cache),
    cache(facts.cache),
    ...elsewhere(facts.cache),
    ...versions(facts.cache),
    ...optionalPrograms.map((program) => optional(program, facts.programs)),
    ...facts.kept.map(
      (lab): Finding => ({
        status: "note",
        what: "kept VMs",
        text: `${describe(lab)}; "stop" ends them`,
      }),
    ),
  ];
}

function memory({ memory: { total, available } }: DoctorFacts): Finding {
  const text = `${gibibytes(available)} of ${gibibytes(total)} free; a run takes ${gibibytes(runMemory)}`;
  const status = total < runMemory ? "missing" : available < runMemory ? "note" : "ok";
  return { status, what: "memory", text };
}

function temporary({ temporary: path }: DoctorFacts): Finding {
  const what = "sockets";
  if (Buffer.byteLength(path) <= longestTemporary) {
    return { status: "ok", what, text: `in ${path}` };
  }
  const text = `${path} makes paths of Unix sockets too long; set TMPDIR to a shorter one`;
  return { status: "missing", what, text };
}

function packages({ packages: facts, cache: { state } }: DoctorFacts): Finding {
  const what = "build packages";
  if (facts.here === "all") return { status: "ok", what, text: `all ${facts.count} installed` };
  const status = state.is === "complete" ? "note" : "missing";
  const when = state.is === "complete" ? "for a build: " : "";
  if (facts.here === "not Debian") return { status, what, text: `${when}${facts.why}` };
  const names = facts.missing.join(" ");
  if (facts.installable) {
    return { status: "note", what, text: `the next build installs ${names}` };
  }
  const command = `sudo apt-get install --yes --no-install-recommends ${names}`;
  return { status, what, text: `${when}${command}` };
}

function accelerator({ machine }: DoctorFacts): Finding {
  const hindrance = kvmHindrance(machine);
  const what = "accelerator";
  if (hindrance === undefined) {
    const text = "KVM, if a trial guest comes up under it at the start of a run";
    return { status: "ok", what, text };
  }
  return { status: "ok", what, text: `software emulation (${hindrance})` };
}

function disk({ root, free, used, state }: CacheFacts): Finding {
  const text = `${gibibytes(free)} free, ${gibibytes(used)} used in ${root}`;
  const needed = state.is === "complete" ? 0 : state.is === "empty" ? buildSpace : buildSpace / 2;
  if (free >= needed) return { status: "ok", what: "disk", text };
  const wanted = `a build may take ${gibibytes(needed)}; make room, or set XDG_CACHE_HOME`;
  return { status: "missing", what: "disk", text: `${text}; ${wanted}` };
}

function cache({ state }: CacheFacts): Finding {
  const what = "cache";
  switch (state.is) {
    case "complete":
      return { status: "ok", what, text: "complete: a run boots at once" };
    case "empty":
      return { status: "note", what, text: "empty: the first run, or `build`, fills it" };
    case "incomplete":
      return {
        status: "note",
        what,
        text: "something changed: the next run, or `build`, makes it",
      };
    case "impossible":
      return { status: "missing", what, text: state.why };
  }
}

/** What came in a file has no sources. */
function elsewhere({ imported }: CacheFacts): Finding[] {
  if (imported === undefined) return [];
  const { file, made, lab } = imported;
  const text = `${file}, made ${made} by revision ${lab}, without sources: another kernel, --patches and edited sources are built from Debian's archive`;
  return [{ status: "note", what: "taken in", text }];
}

function versions({ state }: CacheFacts): Finding[] {
  if (state.is !== "complete") return [];
  const names: Readonly<Record<string, string>> = {
    qemu: "QEMU",
    kernel: "kernel",
    configFragments: "its settings",
    kernelCompiler: "its compiler",
    hostCompiler: "compiler",
  };
  return Object.entries(state.versions).map(([key, text]) => ({
    ...{ status: "ok", what: names[key] ?? key, text },
  }));
}

function optional(
  program: (typeof optionalPrograms)[number],
  here: DoctorFacts["programs"],
): Finding {
  const { names, gives } = program;
  const found = names.filter((name) => here.get(name) === true);
  const all = "all" in program;
  const what = `for ${gives}`;
  if (all ? found.length === names.length : found.length > 0) {
    return { status: "ok", what, text: found.join(", ") };
  }
  const wanted = names.filter((name) => !found.includes(name));
  return { status: "note", what, text: `not here: ${wanted.join(all ? " and " : " or ")}` };
}
