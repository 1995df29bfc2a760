// SPDX-License-Identifier: MIT
//
// `npm run mutants`: changes the source in small ways, one after the other, and says which of them no test tells of.

import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { execa } from "execa";
import { InfrastructureError, UsageError } from "../../errors.ts";
import { callerDirectory, projectDirectory } from "../../project.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag, wholeNumber } from "../flags/flags.ts";
import { belowFloor, type Floor, mutantLines, readMutants } from "./mutants-report.ts";

/** In the environment of the tests: names a directory of the project, or a file. No other tests are run. */
export const testsVariable = "NTB_EDMA_LAB_MUTANTS_TESTS";

/** In the environment of the tests: each mutant meets them in a process of its own. */
export const freshVariable = "NTB_EDMA_LAB_MUTANTS_FRESH";

const flags = {
  part: {
    type: "string",
    value: "INDEX/COUNT",
    help: "one of several parts of the files; together the parts have each file once",
  },
  least: {
    type: "string",
    value: "PERCENT[,FOLDER=PERCENT...]",
    help: "exit status 1 if tests told of fewer, in all or below a folder (default: 0)",
  },
  tests: {
    type: "string",
    value: "PATH",
    help: "run only the tests below it: sooner done, but what others would tell counts as not told",
  },
  fresh: {
    type: "boolean",
    help: "a new process for the tests of each mutant: slower, and to the same end",
  },
  jobs: { type: "string", value: "N", help: "so many mutants at the same time (default: 1)" },
  ...helpFlag,
} as const satisfies Flags;

/** What judges: a fault that nobody notices there makes a green run worth nothing. */
const judging = ["run", "steps", "checks", "lab", "provision"].map(
  (name) => `orchestrator/${name}`,
);

const help = () => `usage: npm run mutants [-- [PATH...] [FLAGS]]

Changes the files below PATH in small ways, one change after the other, and runs the unit tests that reach it.
Prints the changes that no test told of, and the share of those that one did, by folder. Without PATH:
${judging.join(" ")}.

${flagRows(flags)}
Exit status: 0 done, 1 fewer than --least, 2 bad usage, 125 Stryker could not be fetched or run.
`;

/** Of one release. Not among the project's dependencies: who runs scenarios needs none of its 150 packages. */
const version = "10.1.1";
const packages = ["@stryker-mutator/core", "@stryker-mutator/vitest-runner"];
/** Inside the project's node_modules, so that it finds the project's vitest. */
const home = join(projectDirectory, `node_modules/.cache/ntb-edma-lab-stryker-${version}`);

/** `mutants`: runs Stryker over a part of the source and tells what came of it. */
export async function mutantsCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const floors = floorsOf(values.least ?? "0");
  const jobs = wholeNumber("jobs", values.jobs ?? "1");
  const paths = positionals.map((path) => resolve(callerDirectory(), path));
  const chosen = paths.length > 0 ? paths : judging.map((path) => join(projectDirectory, path));
  const files = partOf(chosen.flatMap(sourcesBelow).sort(), values.part ?? "1/1");
  if (files.length === 0)
    throw new UsageError("there is no source file to change in what was asked");
  await install();
  const tests = values.tests === undefined ? undefined : testsBelow(values.tests);
  const env = {
    ...(tests === undefined ? {} : { [testsVariable]: tests }),
    ...(values.fresh ? { [freshVariable]: "1" } : {}),
  };
  const found = readMutants(await stryker(files, jobs, env));
  if (found.total.mutants === 0) {
    throw new InfrastructureError(`nothing was changed in ${files.length} files: nothing is shown`);
  }
  const below = belowFloor(found, floors);
  process.stdout.write(`${[...mutantLines(found), ...below].join("\n")}\n`);
  return below.length > 0 ? 1 : 0;
}

/** `80,orchestrator/steps=90`: the least of all, and that of a folder. Throws UsageError for what is none. */
export function floorsOf(text: string): Floor[] {
  return text.split(",").map((part) => {
    const [, folder = "", percent = ""] = /^(?:([\w/.-]+)=)?(\d+)$/.exec(part) ?? [];
    if (percent === "" || Number(percent) > 100) {
      throw new UsageError(`expected --least as PERCENT or FOLDER=PERCENT, got "${part}"`);
    }
    if (!existsSync(join(projectDirectory, folder))) {
      throw new UsageError(`--least: there is no folder ${folder} in the project`);
    }
    return { folder, percent: Number(percent) };
  });
}

/** A path's place in the project; undefined for all of the project. Throws UsageError for one that is not there. */
export function testsBelow(path: string): string | undefined {
  const full = resolve(callerDirectory(), path);
  const place = relative(projectDirectory, full);
  if (!existsSync(full) || place.startsWith("..")) {
    throw new UsageError(`expected --tests as a path in the project, got ${path}`);
  }
  return place === "" ? undefined : place;
}

/** Files of TypeScript below a path that are no tests and no help for tests, by their paths in the project. */
export function sourcesBelow(path: string): string[] {
  if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))
    : [path];
  return files
    .map((file) => relative(projectDirectory, file))
    .filter((file) => /\.ts$/.test(file) && !/\.test\.ts$|\.d\.ts$|(?:^|\/)testing\//.test(file));
}

/** The files of the part `INDEX/COUNT`. Throws UsageError for what is no part. */
export function partOf(files: readonly string[], part: string): string[] {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(part) ?? []).map(Number);
  if (index < 1 || index > count) {
    throw new UsageError(
      `expected --part as INDEX/COUNT with INDEX from 1 to COUNT, got "${part}"`,
    );
  }
  return files.filter((_, place) => place % count === index - 1);
}

async function install(): Promise<void> {
  // npm writes it last.
  if (existsSync(join(home, "node_modules/.package-lock.json"))) return;
  process.stderr.write(`fetching Stryker ${version} …\n`);
  const exact = packages.map((name) => `${name}@${version}`);
  // Its peer is the vitest that is there.
  const options = [
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--legacy-peer-deps",
  ];
  const done = await execa("npm", ["install", "--prefix", home, ...options, ...exact], {
    ...{ cwd: tmpdir(), all: true, stdin: "ignore", reject: false },
  });
  if (done.exitCode === 0) return;
  const tail = (done.all || done.shortMessage || "").split("\n").slice(-12);
  throw new InfrastructureError(`Stryker could not be fetched: ${tail.join("\n")}`, { tail });
}

/** Stryker's report on changes of these files. */
async function stryker(
  files: readonly string[],
  jobs: number,
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const work = await mkdtemp(join(tmpdir(), "ntb-edma-lab-mutants-"));
  try {
    const report = join(work, "report.json");
    const settings = {
      testRunner: "vitest",
      plugins: [join(home, "node_modules/@stryker-mutator/vitest-runner/dist/src/index.js")],
      vitest: { configFile: "orchestrator/cli/dev/mutants.vitest.config.ts" },
      mutate: files,
      // What is said in messages and what patterns match is for tests by example: such changes would be most of all.
      mutator: { excludedMutations: ["StringLiteral", "Regex"] },
      // These are tried only by running all tests anew.
      ignoreStatic: true,
      coverageAnalysis: "perTest",
      // The tests see to it themselves: vitest would end the process with the first that fails.
      disableBail: true,
      ...{ concurrency: jobs, timeoutMS: 10_000, tempDirName: join(work, "copy") },
      reporters: ["json", "progress-append-only"],
      jsonReporter: { fileName: report },
      // It would rewrite the project's with an interface that TypeScript 7 does not have.
      tsconfigFile: "none.json",
      ...{ disableTypeChecks: false, ignorePatterns: ["runs"] },
    };
    await writeFile(join(work, "stryker.json"), JSON.stringify(settings));
    const program = join(home, "node_modules/@stryker-mutator/core/bin/stryker.js");
    const { exitCode } = await execa(
      process.execPath,
      [program, "run", join(work, "stryker.json")],
      {
        ...{
          env,
          cwd: projectDirectory,
          reject: false,
          stdio: ["ignore", process.stderr, "inherit"],
        },
      },
    );
    const text = await readFile(report, "utf8").catch(() => undefined);
    if (exitCode !== 0 || text === undefined) {
      throw new InfrastructureError(
        `Stryker ended with status ${exitCode} and ${text === undefined ? "no" : "a"} report: see above`,
      );
    }
    return JSON.parse(text);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
