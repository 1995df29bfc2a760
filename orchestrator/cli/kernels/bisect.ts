// SPDX-License-Identifier: MIT
import { join, resolve } from "node:path";
import { bisect, type Found } from "../../bisect/bisect.ts";
import {
  commitOf,
  commitsBetween,
  git,
  openRepository,
  type Repository,
} from "../../bisect/repository.ts";
import { UsageError } from "../../errors.ts";
import { shellLine } from "../../lab/shell-line.ts";
import { callerDirectory, projectDirectory, scenarioDirectory } from "../../project.ts";
import { defaultCacheRoot } from "../../provision/cache/cache.ts";
import { cancellable } from "../../run/cancellation.ts";
import { readPlan } from "../../run/read-plan.ts";
import { findScenario } from "../../scenario/catalogue.ts";
import { stamp } from "../../stamp.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { kernelWords, otherFlags } from "../flags/kernel-flags.ts";
import { planOptions, runFlags, runWords } from "../flags/scenario-flags.ts";

const flags = {
  kernel: {
    type: "string",
    value: "DIR",
    help: "the git tree to search; its check-out is left alone",
  },
  good: { type: "string", value: "REV", help: "a commit that the scenario passes on" },
  bad: { type: "string", value: "REV", help: "a later one that it fails on" },
  trust: { type: "boolean", help: "do not test both of these first" },
  "any-failure": {
    type: "boolean",
    help: "a commit is bad however it fails; otherwise one that fails in another way than --bad\nis skipped",
  },
  out: { type: "string", value: "DIR", help: "where logs go (default: runs/bisect-TIME)" },
  ...otherFlags,
  ...runFlags,
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab bisect --kernel DIR --good REV --bad REV SCENARIO [FLAGS]

Finds the commit since which a scenario fails: git bisect, in a working tree of its own that later bisections use again.
A commit that cannot be built, that the scenario cannot judge, or that fails in another way than --bad is skipped.

${flagRows(flags)}
Exit status: 0 found, 1 not decided because of skipped commits, 2 bad input, such as ends that are not good and bad,
125 an end could not be judged, 130 interrupted.
`;

/** `bisect`: the commit since which a scenario fails. */
export async function bisectCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new UsageError(
      "expected one scenario: bisect --kernel DIR --good REV --bad REV SCENARIO",
    );
  }
  const needed = (flag: "kernel" | "good" | "bad") => {
    const value = values[flag];
    if (value === undefined) throw new UsageError(`expected --${flag} ${flags[flag].value}`);
    return value;
  };
  const scenario = fileOf(name);
  readPlan(scenario, planOptions(values));
  const repository = await openRepository(resolve(callerDirectory(), needed("kernel")));
  const good = await commitOf(repository, "--good", needed("good"));
  const bad = await commitOf(repository, "--bad", needed("bad"));
  const count = await commitsBetween(repository, good, bad);
  const { kernel: _, ...ofKernel } = values;
  const job = {
    program: [process.execPath, join(projectDirectory, "orchestrator/cli/main.ts")],
    out: resolve(callerDirectory(), values.out ?? defaultOut()),
    scenario,
    anyFailure: values["any-failure"] === true,
    flags: [...runWords(values), ...kernelWords(ofKernel)],
  };
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const trust = values.trust === true;
  const found = await cancellable((signal) =>
    bisect({
      ...{ repository, good, bad, count, job, trust, say, signal },
      cacheRoot: defaultCacheRoot(),
    }),
  );
  await tell(repository, found, say);
  for (const line of found.differing) say(line);
  say(`logs: ${job.out}`);
  say(`The working tree is kept for the next time. To be rid of it:`);
  say(
    `  ${shellLine("git", ["-C", repository.directory, "worktree", "remove", "--force", found.worktree])}`,
  );
  return found.commits.length === 1 ? 0 : 1;
}

async function tell(
  { directory }: Repository,
  { commits }: Found,
  say: (line: string) => void,
): Promise<void> {
  const [first = ""] = commits;
  if (commits.length === 1) {
    say("");
    say("The first bad commit:");
    say(await git(directory, "show", "--stat=78", "--format=medium", "--no-color", first));
    return;
  }
  say("");
  say("The first bad commit is one of these; all but the last could not be judged:");
  for (const commit of commits)
    say(`  ${await git(directory, "log", "-1", "--format=%h %s", commit)}`);
}

function fileOf(given: string): string {
  const found = findScenario(given, scenarioDirectory, callerDirectory());
  if ("message" in found) throw new UsageError(found.message);
  return found.file;
}

function defaultOut(): string {
  return `runs/bisect-${stamp()}`;
}
