// SPDX-License-Identifier: MIT
import * as z from "zod";
import { quoted } from "../lab/shell-line.ts";
import { formatSize, size } from "../scenario/size.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { commandFailure, mayFail, type StepFailure } from "./failure.ts";
import { type AccessFigures, accesses, type FioFigures, parseFio } from "./fio-json.ts";
import type { Measure } from "./measure.ts";
import { type CommandOutcome, outcomeOf } from "./offers.ts";
import { defineStep, execOptions, type GuestCommand } from "./step-kind.ts";

export interface FioEvidence extends CommandOutcome {
  /** Whether all that was written is verified. */
  readonly verifies: boolean;
  /** Bytes that a mixed pattern reads on its own account or writes, each place once; absent for one kind of access. */
  readonly mixedSize?: number;
  /** Absent where fio itself has failed. */
  readonly figures?: FioFigures;
}

/** The smallest part of a disk that is read or written. */
const sector = 512;

const sectors = size.refine((bytes) => bytes % sector === 0, {
  error: `expected a multiple of ${sector} bytes`,
});

const schema = z
  .strictObject({
    on: machineField("The guest in which it runs.").default("host"),
    file: z
      .string()
      .min(1)
      .default("/dev/nvme0n1")
      .describe("The disk; what it held is lost where there are writes."),
    access: z
      .enum(["write", "randwrite", "randrw", "read", "randread"])
      .default("randwrite")
      .describe("The pattern, by fio's name for it."),
    verify: z
      .boolean()
      .default(true)
      .describe(
        "All that is written has a checksum, is read again at the end, and has to have it. A pattern without writes has nothing to verify.",
      ),
    size: sectors.prefault("16M").describe("How much is read or written, from the disk's start."),
    "block-sizes": z
      .tuple([sectors, sectors])
      .prefault([512, "128K"])
      .describe("The smallest and the largest request; which size each has is random."),
    "aligned-to": sectors
      .optional()
      .describe(
        "What each request's place is a multiple of; the smallest request's size, unless something else is said.",
      ),
    "queue-depth": z.int().min(1).max(1024).default(1).describe("Requests under way in each job."),
    jobs: z
      .int()
      .min(1)
      .max(8)
      .default(1)
      .describe("Threads; each has an equal part of `size` for itself."),
    "may-fail": mayFail,
  })
  .refine(({ "block-sizes": [least, most] }) => least <= most, {
    error: "expected the smallest request first, and then the largest",
    path: ["block-sizes"],
  })
  .refine((params) => partOf(params) >= params["block-sizes"][1], {
    error: "expected room for the largest request in each job's part",
    path: ["size"],
  })
  .refine((params) => !mayOverlap(params), {
    error:
      "expected the smallest request's size, or `verify: false`: by any other, fio writes places more than once and does not know which it is to verify",
    path: ["aligned-to"],
  });

interface Parts {
  readonly size: number;
  readonly jobs: number;
}

/** Bytes of one job. */
function partOf({ size: bytes, jobs }: Parts): number {
  return Math.floor(bytes / jobs / sector) * sector;
}

type Params = z.output<typeof schema>;

interface Requests {
  readonly access: string;
  readonly verify: boolean;
  readonly "aligned-to"?: number | undefined;
  readonly "block-sizes": readonly [number, number];
}

function verifies({ access, verify }: Pick<Requests, "access" | "verify">): boolean {
  return verify && access !== "read" && access !== "randread";
}

/** fio 3.33: "Any use of blockalign= turns off randommap", by which requests at random places keep out of each other's. */
function mayOverlap(params: Requests): boolean {
  const { access, "aligned-to": aligned, "block-sizes": sizes } = params;
  const byOther = aligned !== undefined && aligned !== sizes[0];
  return byOther && verifies(params) && access !== "write";
}

/** Past the page cache, so that what is read again comes from the disk. */
export function fioCommand(params: Params): GuestCommand {
  const [least, most] = params["block-sizes"];
  const part = partOf(params);
  const words = [
    "fio --name=lab --output-format=json --group_reporting --thread --eta=never",
    `--filename=${quoted(params.file)} --rw=${params.access}`,
    `--size=${part} --numjobs=${params.jobs} --offset_increment=${part}`,
    `--bsrange=${least}-${most} --blockalign=${params["aligned-to"] ?? least}`,
    `--ioengine=libaio --direct=1 --iodepth=${params["queue-depth"]}`,
    ...(verifies(params) ? ["--verify=crc32c --verify_fatal=1 --do_verify=1"] : []),
  ];
  return { on: params.on, what: "fio", script: words.join(" \\\n  ") };
}

/** What fio says of the first block that is not what was written. */
const damage = /verify|bad (?:magic|header)|crc32c/i;

function fioFailure({ figures, ...outcome }: FioEvidence): StepFailure | undefined {
  const failed = commandFailure("fio", outcome);
  if (failed === undefined) return undefined;
  if (outcome.status === 127) {
    return { ...failed, message: "there is no fio in the image: the scenario's programs name it" };
  }
  const said = outcome.stderr.split("\n").find((line) => damage.test(line));
  return said === undefined ? failed : { ...failed, message: `fio: ${said.trim()}` };
}

const measureOf = (
  name: string,
  unit: string,
  about: string,
  of: (figures: AccessFigures) => number,
): Measure<FioEvidence> => ({
  name: `fio.${name}.<access>`,
  unit,
  clock: "guests",
  about: `${about}; \`<access>\` is \`read\` or \`write\`, and what is verified is read`,
  samples: ({ figures }) =>
    figures === undefined
      ? []
      : accesses
          .filter((access) => figures[access].requests > 0 && figures[access].ms > 0)
          .map((access) => ({ which: [access], values: [of(figures[access])] })),
});

export const fio = defineStep({
  kind: "fio",
  summary:
    "reads and writes a disk by fio in requests of random sizes, and verifies by checksum what it wrote; wants `programs: [fio]` and `config-fragments: [fio]`",
  schema,
  limitMs: ({ size: bytes }) => 30_000 + bytes / 500,
  title: (params) =>
    `fio ${params.access} ${formatSize(params.size)}, ${params["queue-depth"]} under way` +
    (params.jobs > 1 ? ` in each of ${params.jobs} jobs` : ""),
  programs: ["fio"],
  // Its threads share what they measure.
  needs: ({ on }) => ({ [on]: ["CONFIG_SYSVIPC"] }),
  commands: (params) => [fioCommand(params)],
  run: async (params, context): Promise<FioEvidence> => {
    const { on, script, what } = fioCommand(params);
    const result = await context.lab.vm(on).ssh.run(script, execOptions(context, what));
    const mixed = params.access === "randrw" ? { mixedSize: partOf(params) * params.jobs } : {};
    const outcome = { ...outcomeOf(result), verifies: verifies(params), ...mixed };
    return result.status === 0 ? { ...outcome, figures: parseFio(result.stdout) } : outcome;
  },
  failure: (evidence, params) => (params["may-fail"] ? undefined : fioFailure(evidence)),
  offers: { command: (outcome) => outcome },
  measures: [
    measureOf(
      "throughput",
      "Gb/s",
      "what was moved while there were such requests",
      ({ bytes, ms }) => (bytes * 8) / ms / 1e6,
    ),
    measureOf(
      "latency",
      "ms",
      "from a request to its end, on average",
      ({ meanLatencyMs }) => meanLatencyMs,
    ),
  ],
});
