// SPDX-License-Identifier: MIT
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { dirname, resolve } from "node:path";
import { benchDevices } from "../../qemu-devices/bench/bench.ts";
import { type Measurement, meetsTarget, table } from "../../qemu-devices/bench/measurement.ts";
import { median, quantile } from "../../qemu-devices/bench/statistics.ts";
import { provision } from "../provision/provision.ts";
import { parseFlags, positiveNumber } from "./flags.ts";
import { callerDirectory } from "./project.ts";

const help = `usage: npm run bench [-- FLAGS]

Measures the devices on a machine that should be otherwise idle, and prints a table.

  --out FILE      where the figures go as JSON (default: runs/bench-TIME.json)
  --rounds N      rounds of the throughput measurements (default: 9)
  --doorbells N   doorbells (default: 2000)
  --help          this text

Exit status: 0 every target reached, 1 one missed, 2 bad usage, 125 could not be measured.
`;

/** `bench`: the engine's throughput and the doorbell's latency. */
export async function benchCommand(args: readonly string[]): Promise<number> {
  const { values } = parseFlags(args, {
    out: { type: "string" },
    rounds: { type: "string" },
    doorbells: { type: "string" },
    help: { type: "boolean" },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const started = new Date();
  const say = (text: string) => void process.stderr.write(`bench: ${text}\n`);
  const artifacts = await provision(
    {},
    {
      signal: new AbortController().signal,
      progress: (event) => event.type === "step-started" && say(`${event.step.title} …`),
    },
  );
  const measurements = await benchDevices({
    qemu: artifacts.qemu,
    rounds: positiveNumber("rounds", values.rounds ?? "9"),
    doorbells: positiveNumber("doorbells", values.doorbells ?? "2000"),
    progress: say,
  });
  process.stdout.write(`${table(measurements)}\n`);
  const stamp = started
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:]/g, "");
  const out = resolve(callerDirectory(), values.out ?? `runs/bench-${stamp}.json`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(
    out,
    `${JSON.stringify(report(started, artifacts.versions, measurements), null, 2)}\n`,
  );
  say(`figures in ${out}`);
  return measurements.every(meetsTarget) ? 0 : 1;
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
