// SPDX-License-Identifier: MIT
//
// `npm test`: types, lint and all tests, each of them even when another has failed. Types and lint fill the moments in which
// tests wait, and say at the end what they found. Then comes one plain line that counts: every test, and types and lint as
// one more each.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { projectDirectory } from "../../project.ts";

/** What runs in a browser has the browser's types. */
const reportPage = "orchestrator/report/html/page";

const help = `usage: npm test [-- [PATH...] [vitest's own flags]]

Checks types and lint, and runs the tests, or those of them whose files' paths contain PATH.

  --project NAME    one of vitest's projects alone: units, devices, or lab, which boots two VMs;
                    '!lab' is all but lab. May be given several times
  --help            this text

NTB_EDMA_LAB_QEMU=WORD in the environment has the devices and the lab tested with another QEMU, as --qemu WORD of a scenario.

Exit status: 0 all passed, 1 otherwise.
`;

/** Half of what the programs that tests start need is to compile the same files: those find them here. */
const compileCache = join(projectDirectory, "node_modules/.cache/ntb-edma-lab");

const inProject = { cwd: projectDirectory, preferLocal: true, localDir: projectDirectory };

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is used of vitest's JSON report. */
const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

/** Counts a report; a file that failed outside its tests (it did not load, say) counts as one failure. */
export function countReport(json: unknown): Counts {
  const report = reportSchema.parse(json);
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((result) => result.status !== "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** `test`: runs everything that can fail. */
export async function testCommand(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(help);
    return 0;
  }
  const checks = Promise.all([
    check("types", "tsc", ["--noEmit"]),
    check("types of the report's page", "tsc", ["--noEmit", "-p", reportPage]),
    check("lint", "biome", ["check", "--error-on-warnings"]),
  ]);
  const tested = await tests(args);
  const checked = await checks;
  for (const { said } of checked) process.stdout.write(said);
  const results = [...checked.map(({ counts }) => counts), tested];
  const total = results.reduce((sum, counts) => ({
    passed: sum.passed + counts.passed,
    failed: sum.failed + counts.failed,
    skipped: sum.skipped + counts.skipped,
  }));
  process.stdout.write(`${closingLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
}

/** Runs a tool beside the tests; what it says is told with the title, once they are done. */
async function check(title: string, program: string, args: readonly string[]) {
  const { exitCode, all, shortMessage } = await execa(program, args, {
    ...inProject,
    ...{ all: true, stdin: "ignore", reject: false },
  });
  const counts: Counts = {
    passed: exitCode === 0 ? 1 : 0,
    failed: exitCode === 0 ? 0 : 1,
    skipped: 0,
  };
  const output = all || shortMessage;
  const head = `${title}: ${[program, ...args].join(" ")}\n`;
  return { counts, said: output ? `${head}${output}\n` : head };
}

async function tests(args: readonly string[]): Promise<Counts> {
  const directory = await mkdtemp(join(tmpdir(), "ntb-edma-lab-test-"));
  try {
    const report = join(directory, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    // A failure stands at its line then, and the job's page has a summary.
    if (process.env.GITHUB_ACTIONS === "true") reporters.push("--reporter=github-actions");
    const { exitCode } = await execa("vitest", ["run", ...reporters, ...args], {
      ...inProject,
      stdio: ["ignore", "inherit", "inherit"],
      env: { NODE_COMPILE_CACHE: compileCache },
      reject: false,
    });
    const text = await readFile(report, "utf8").catch(() => undefined);
    const none = { passed: 0, failed: 0, skipped: 0 };
    const counts = text === undefined ? none : countReport(JSON.parse(text));
    // vitest also fails for what belongs to no test: an unhandled rejection, or no test at all.
    return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
