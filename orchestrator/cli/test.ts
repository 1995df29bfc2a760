// SPDX-License-Identifier: MIT
//
// `npm test`: types, lint, then all tests, each of them even when one before has failed. Ends with one plain line that
// counts: every test, and types and lint as one more each.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { projectDirectory } from "./project.ts";

/** What runs in a browser has the browser's types. */
const reportPage = "orchestrator/report/html/page";

const help = `usage: npm test [-- [PATH...] [vitest's own flags]]

Checks types and lint, then runs the tests, or those of them whose files' paths contain PATH.

  --project NAME    one of vitest's projects alone (vitest.config.ts)
  --help            this text

Exit status: 0 all passed, 1 otherwise.
`;

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
  const results = [
    await check("types", "tsc", ["--noEmit"]),
    await check("types of the report's page", "tsc", ["--noEmit", "-p", reportPage]),
    await check("lint", "biome", ["check", "--error-on-warnings"]),
    await tests(args),
  ];
  const total = results.reduce((sum, counts) => ({
    passed: sum.passed + counts.passed,
    failed: sum.failed + counts.failed,
    skipped: sum.skipped + counts.skipped,
  }));
  process.stdout.write(`${closingLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
}

async function check(title: string, program: string, args: readonly string[]): Promise<Counts> {
  process.stdout.write(`${title}: ${[program, ...args].join(" ")}\n`);
  const { exitCode } = await runTool(program, args);
  return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
}

async function tests(args: readonly string[]): Promise<Counts> {
  const directory = await mkdtemp(join(tmpdir(), "ntb-edma-lab-test-"));
  try {
    const report = join(directory, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const { exitCode } = await runTool("vitest", ["run", ...reporters, ...args]);
    const text = await readFile(report, "utf8").catch(() => undefined);
    const none = { passed: 0, failed: 0, skipped: 0 };
    const counts = text === undefined ? none : countReport(JSON.parse(text));
    // vitest also fails for what belongs to no test: an unhandled rejection, or no test at all.
    return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runTool(program: string, args: readonly string[]) {
  return execa(program, args, {
    cwd: projectDirectory,
    preferLocal: true,
    localDir: projectDirectory,
    stdio: ["ignore", "inherit", "inherit"],
    reject: false,
  });
}
