// SPDX-License-Identifier: MIT
import { suggestion } from "../scenario/nearest.ts";

/** Runs one command and resolves with its exit status. Modules load only when their command runs. */
type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, { summary: string; load: () => Promise<Command> }>> = {
  scenario: {
    summary: "run a scenario; without a name, list them",
    load: async () => (await import("./scenario.ts")).scenarioCommand,
  },
  report: {
    summary: "merge the results of several runs into one report",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  fuzz: {
    summary: "fuzz the devices' register files, list walker and link decoder",
    load: async () => (await import("./fuzz.ts")).fuzzCommand,
  },
  bench: {
    summary: "measure the devices' throughput and latency",
    load: async () => (await import("./bench.ts")).benchCommand,
  },
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const names = Object.keys(commands);
    const near = suggestion(name, names);
    process.stderr.write(
      `unknown command "${name}"; expected one of ${names.join(", ")}.${near}\n`,
    );
    return 2;
  }
  return (await command.load())(rest);
}

function help(): string {
  const rows = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`,
  );
  return `usage: ntb-edma-lab COMMAND [--help]

${rows.join("\n")}

Exit status: 0 passed, 1 a check failed or a guest crashed, 2 bad input or usage,
125 could not be judged (a build or the infrastructure failed).
`;
}

function report(error: unknown): number {
  if (!(error instanceof Error)) {
    process.stderr.write(`${String(error)}\n`);
    return 125;
  }
  const status =
    "exitStatus" in error && typeof error.exitStatus === "number" ? error.exitStatus : undefined;
  process.stderr.write(
    `${status === undefined ? (error.stack ?? error.message) : error.message}\n`,
  );
  return status ?? 125;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
