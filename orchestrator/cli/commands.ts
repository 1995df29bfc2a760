// SPDX-License-Identifier: MIT
import { suggestion } from "../scenario/nearest.ts";

/** Runs one command and resolves with its exit status. */
type Command = (args: readonly string[]) => Promise<number>;

interface Entry {
  readonly summary: string;
  /** Modules load only when their command runs. */
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  scenario: {
    summary: "run scenarios, or list them",
    load: async () => (await import("./scenario/scenario.ts")).scenarioCommand,
  },
  check: {
    summary: "say what is wrong in scenario files, without running them",
    load: async () => (await import("./scenario/check.ts")).checkCommand,
  },
  show: {
    summary: "show a scenario's machines and the links between them",
    load: async () => (await import("./scenario/show.ts")).showCommand,
  },
  doctor: {
    summary: "what is here and what is missing for runs on this machine",
    load: async () => (await import("./doctor/doctor.ts")).doctorCommand,
  },
  shell: {
    summary: "a shell in a guest: of VMs that a run has kept, or of new ones",
    load: async () => (await import("./vms/shell.ts")).shellCommand,
  },
  stop: {
    summary: "end the VMs that runs with --keep have left up",
    load: async () => (await import("./vms/stop.ts")).stopCommand,
  },
  replay: {
    summary: "run again what a bundle holds, and say what differs here",
    load: async () => (await import("./bundles/replay.ts")).replayCommand,
  },
  bisect: {
    summary: "find the commit of a kernel tree that a scenario fails since",
    load: async () => (await import("./kernels/bisect.ts")).bisectCommand,
  },
  build: {
    summary: "build what scenarios boot, and say where it is",
    load: async () => (await import("./cache/build.ts")).buildCommand,
  },
  clean: {
    summary: "take out of the cache what nothing refers to any more",
    load: async () => (await import("./cache/clean.ts")).cleanCommand,
  },
  report: {
    summary: "merge the results of several runs into one report",
    load: async () => (await import("./scenario/report.ts")).reportCommand,
  },
  fuzz: {
    summary: "fuzz the devices' register files, list walker and link decoder",
    load: async () => (await import("./dev/fuzz.ts")).fuzzCommand,
  },
  bench: {
    summary: "measure the devices' throughput and latency",
    load: async () => (await import("./dev/bench.ts")).benchCommand,
  },
  mutants: {
    summary: "change the source in small ways, and say which of them no test tells of",
    load: async () => (await import("./dev/mutants.ts")).mutantsCommand,
  },
  test: {
    summary: "types, lint, unit tests, device tests, and real runs with two VMs",
    load: async () => (await import("./dev/test.ts")).testCommand,
  },
};

/** Runs the command that `args` begin with. Tells what goes wrong, and resolves with the exit status. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    return tell(error);
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<number> {
  if (name === "help" && rest[0] !== undefined) return dispatch([rest[0], "--help"]);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return (await command.load())(rest);
  const names = Object.keys(commands);
  const near = suggestion(name, names);
  process.stderr.write(`unknown command "${name}"; expected one of ${names.join(", ")}.${near}\n`);
  return 2;
}

function help(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const rows = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`,
  );
  return `usage: ntb-edma-lab COMMAND [--help]

${rows.join("")}
Exit status: 0 passed, 1 a check failed or a guest crashed, 2 bad input or usage,
125 could not be judged (a build or the infrastructure failed), 130 interrupted.
`;
}

/** One line for a mistake or a failure that has an exit status of its own, the stack for a fault of this program. */
function tell(error: unknown): number {
  const known = error instanceof Error && "exitStatus" in error ? error.exitStatus : undefined;
  const status = typeof known === "number" ? known : undefined;
  const text =
    error instanceof Error && status === undefined
      ? (error.stack ?? error.message)
      : error instanceof Error
        ? error.message
        : String(error);
  process.stderr.write(`${text}\n`);
  return status ?? 125;
}
