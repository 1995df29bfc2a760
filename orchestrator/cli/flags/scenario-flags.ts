// SPDX-License-Identifier: MIT
import { UsageError } from "../../errors.ts";
import { shellLine } from "../../lab/shell-line.ts";
import { callerDirectory } from "../../project.ts";
import { largestSeed } from "../../scenario/topology/topology.ts";
import { type Flags, flagRows, flagWords, helpFlag, type parseFlags } from "./flags.ts";
import { kernelEnvironment, kernelFlags, kernelHelp, kernelWords } from "./kernel-flags.ts";
import { qemuFlags } from "./qemu-flag.ts";

/** What is run, and how. These belong to the command that reproduces a run. */
export const runFlags = {
  set: {
    type: "string",
    multiple: true,
    value: "KEY=VALUE",
    help: "another value for a field of the scenario, such as topology.host.memory=2G; steps go\nby their `as`, checks by their `id`; may be given several times",
  },
  variant: {
    type: "string",
    multiple: true,
    value: "NAME",
    help: "only this variant of the scenario's matrix; may be given several times. Such a run is not remembered in the history",
  },
  seed: {
    type: "string",
    value: "N",
    help: "in virtual time: vary latencies and the order of events, the same way for the same N",
  },
  accel: {
    type: "string",
    value: "auto|kvm|tcg",
    help: "accelerator (default: auto, the fastest that works here)",
  },
  ...qemuFlags,
  "timeout-scale": {
    type: "string",
    value: "N",
    help: "multiply every time limit by N, divide least rates by it (default: 1; with --debug-kernel 3)",
  },
} as const satisfies Flags;

/** Which scenarios, how often, and what is kept of them. */
const otherFlags = {
  out: {
    type: "string",
    value: "DIR",
    help: "where reports and logs go (default: runs/NAME-TIME)",
  },
  keep: {
    type: "boolean",
    help: "the VMs stay up after the run: those of the first variant that does not pass, or of the\nlast; how to get in and how to end them is printed",
  },
  gdb: {
    type: "string",
    value: "MACHINE",
    help: "that VM waits for gdb (host, endpoint, or what the scenario calls it); the line to paste is printed, and time limits are suspended",
  },
  trace: {
    type: "boolean",
    help: "the devices' trace events, with both consoles and the steps on one time line, in\nOUT/time-line.txt",
  },
  "trace-events": {
    type: "string",
    multiple: true,
    value: "PATTERN",
    help: "with --trace, only these events, such as dwc_edma_*, or with a ! before it not these; may be given\nseveral times. Without it all but link_* and accesses of BARs, which make a trace long",
  },
  pcap: {
    type: "boolean",
    help: "the first 256 bytes of each packet that the guests' network devices have, in OUT/*.pcap",
  },
  "dry-run": {
    type: "boolean",
    help: "print both QEMU command lines and every guest command; run nothing",
  },
  all: { type: "boolean", help: "every scenario of the project" },
  "last-failed": { type: "boolean", help: "only scenarios whose last run did not pass" },
  shard: {
    type: "string",
    value: "I/N",
    help: 'only part I of N equal parts of the scenarios; "report merge" joins the parts',
  },
  jobs: {
    type: "string",
    value: "N",
    help: "make N runs at a time, of several scenarios or of --repeat (default: as many as processors and\nmemory allow); scenarios that judge speed are run alone, at the end",
  },
  label: {
    type: "string",
    value: "TEXT",
    help: "a name for these runs in a merged report, such as the machine's",
  },
  "expect-skips": {
    type: "string",
    value: "NAME,...",
    help: 'the scenarios that these kernels cannot run, or "" for none: any other one that is skipped\nis missing, which is 125',
  },
  repeat: {
    type: "string",
    value: "N",
    help: "run each scenario N times; passes if all of them do",
  },
  seeds: {
    type: "string",
    value: "A..B",
    help: "a run for each of these seeds, as --repeat; one that fails names its seed",
  },
  retries: {
    type: "string",
    value: "N",
    help: 'make a run that did not pass again, up to N times; passed then, it is "flaky"',
  },
  "fail-on-flaky": { type: "boolean", help: "flaky fails" },
  compare: {
    type: "string",
    value: "FILE",
    help: "compare with that result.json (default: with the last runs in the history)",
  },
  "no-build": {
    type: "boolean",
    help: "boot what the cache has: what would have to be built is an error, 125",
  },
  bundle: {
    type: "boolean",
    help: "pack all that is needed to run it again elsewhere into bundle.tar.gz, for replay",
  },
  history: {
    type: "string",
    value: "FILE",
    help: "where outcomes are remembered (default: runs/history.jsonl of the project)",
  },
} as const satisfies Flags;

const ownFlags = { ...otherFlags, ...runFlags, ...helpFlag } as const;

export const scenarioFlags = { ...ownFlags, ...kernelFlags } as const;

export type ScenarioValues = ReturnType<typeof parseFlags<typeof scenarioFlags>>["values"];

export function scenarioHelp(): string {
  return `usage: npm run scenario [NAME|FILE.yaml]... [-- FLAGS]
       ntb-edma-lab scenario [list | run NAME|FILE.yaml...] [FLAGS]

Runs scenarios and prints the verdict. Without a name, lists the scenarios.

${flagRows(ownFlags)}
Kernels:
${kernelHelp}
Exit status: 0 passed, 1 a check failed or a guest crashed, 2 bad input or usage,
125 could not be judged (a build or the infrastructure failed), 130 interrupted.
`;
}

/** The command that runs a scenario again in the same way. */
export function reproducing(name: string, values: ScenarioValues): string {
  const flags = [...runWords(values), ...kernelWords(values)];
  const head = ["run", "scenario", name];
  const command = shellLine("npm", flags.length === 0 ? head : [...head, "--", ...flags]);
  return [...kernelEnvironment(), command].join(" ");
}

/** What is laid over the fields of a scenario, and which of its variants are wanted. Throws UsageError for a seed that cannot be. */
export function planOptions(values: Partial<Pick<ScenarioValues, "set" | "seed" | "variant">>) {
  const { set = [], seed, variant } = values;
  const chosen = variant === undefined ? {} : { variants: [...variant] };
  if (seed === undefined) return { set: [...set], ...chosen };
  if (!/^\d+$/.test(seed) || Number(seed) > largestSeed) {
    throw new UsageError(
      `expected a whole number from 0 to ${largestSeed} for --seed, got "${seed}"`,
    );
  }
  return { set: [...set, `topology.seed=${Number(seed)}`], ...chosen };
}

/** The flags that say how a scenario is run, but for those that say with which kernels. */
export function runWords(
  values: Pick<ScenarioValues, keyof typeof runFlags>,
  directory = callerDirectory(),
): string[] {
  const flags: Flags = runFlags;
  return flagWords(flags, values, ({ anywhere }, word) => anywhere?.(word, directory) ?? word);
}
