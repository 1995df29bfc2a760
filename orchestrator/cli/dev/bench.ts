// SPDX-License-Identifier: MIT
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { type Measurement, meetsTarget, table } from "../../../qemu-devices/bench/measurement.ts";
import { median, quantile } from "../../../qemu-devices/bench/statistics.ts";
import { UsageError } from "../../errors.ts";
import { callerDirectory, scenarioDirectory } from "../../project.ts";
import type { QemuChoice } from "../../provision/qemu/choice.ts";
import { stamp } from "../../stamp.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag, positiveNumber } from "../flags/flags.ts";
import { qemuChoice, qemuFlags } from "../flags/qemu-flag.ts";

const flags = {
  out: {
    type: "string",
    value: "DIR",
    help: "where bench.json and the VMs' logs go (default: runs/bench-TIME)",
  },
  rounds: {
    type: "string",
    value: "N",
    help: "rounds of the throughput measurements (default: 9)",
  },
  doorbells: {
    type: "string",
    value: "N",
    help: "doorbells, without and with guests (default: 2000)",
  },
  "no-guests": { type: "boolean", help: "leave out what needs two booted VMs" },
  ...qemuFlags,
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: npm run bench [-- FLAGS]

Measures the devices on a machine that should be otherwise idle, and prints a table.

${flagRows(flags)}
Exit status: 0 every target reached, 1 one missed, 2 bad usage, 125 could not be measured.
`;

/** `bench`: the engine's throughput and the doorbell's latency. */
export async function benchCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values } = asked;
  const started = new Date();
  const rounds = count("rounds", values.rounds ?? "9");
  const doorbells = count("doorbells", values.doorbells ?? "2000");
  const out = resolve(callerDirectory(), values.out ?? `runs/bench-${stamp(started)}`);
  const guests = values["no-guests"] !== true;
  await mkdir(out, { recursive: true });
  const { cancellable } = await import("../../run/cancellation.ts");
  const qemu = qemuChoice(values);
  return cancellable((signal) => bench({ started, rounds, doorbells, out, guests, qemu, signal }));
}

interface BenchRequest {
  readonly started: Date;
  readonly rounds: number;
  readonly doorbells: number;
  readonly out: string;
  readonly guests: boolean;
  readonly qemu: QemuChoice;
  readonly signal: AbortSignal;
}

async function bench(request: BenchRequest): Promise<number> {
  const { started, rounds, doorbells, out, guests, signal } = request;
  const { provision } = await import("../../provision/provision.ts");
  const artifacts = await provision(
    { qemu: request.qemu },
    { signal, progress: (event) => event.type === "task-started" && progress(event.task.title) },
  );
  const { benchDevices } = await import("../../../qemu-devices/bench/bench.ts");
  const measurements = await benchDevices({ qemu: artifacts.qemu, rounds, doorbells, progress });
  signal.throwIfAborted();
  if (guests) {
    const { measureGuestDoorbells } = await import("../../../qemu-devices/bench/guest-doorbell.ts");
    const scenarioFile = join(scenarioDirectory, "ntb-default.yaml");
    const guest = { artifacts, scenarioFile, packets: doorbells, out, signal, progress };
    measurements.push(...(await measureGuestDoorbells(guest)));
  }
  process.stdout.write(`${table(measurements)}\n`);
  const file = join(out, "bench.json");
  const figures = report(started, artifacts.versions, measurements);
  await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`);
  progress(`figures in ${file}`);
  return measurements.every(meetsTarget) ? 0 : 1;
}

function count(flag: string, text: string): number {
  const value = positiveNumber(flag, text);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`expected a whole number for --${flag}, got "${text}"`);
}

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

function report(
  started: Date,
  versions: Readonly<Record<string, string>>,
  measurements: readonly Measurement[],
) {
  return {
    schema: 1,
    started: started.toISOString(),
    machine: { cpu: cpus()[0]?.model ?? "", cores: availableParallelism() },
    versions,
    metrics: measurements.map(({ name, unit, samples, target, tail, note }) => ({
      name,
      unit,
      samples,
      median: median(samples),
      ...(tail ? { p99: quantile(samples, 0.99) } : {}),
      ...(target === undefined ? {} : { target, reached: median(samples) >= target }),
      ...(note === undefined ? {} : { note }),
    })),
  };
}
