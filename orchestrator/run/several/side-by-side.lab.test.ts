// SPDX-License-Identifier: MIT
//
// Real runs beside each other: four VMs at a time.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { kernelChoices } from "../../cli/flags/kernel-flags.ts";
import { noInspection } from "../../lab/inspection.ts";
import { callerDirectory, scenarioDirectory } from "../../project.ts";
import { readQemuChoice } from "../../provision/qemu/choice.ts";
import { readHistory } from "../../report/history.ts";
import { resultSchema } from "../../report/result.ts";
import { cancellable } from "../cancellation.ts";
import { runSeveral } from "./several.ts";

let directory: string;
let said: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "side-by-side-test-"));
  said = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
  const left = readdirSync(tmpdir()).filter((name) =>
    name.startsWith(`ntb-edma-lab-${process.pid}-`),
  );
  expect(left).toEqual([]);
});

/** The scenario smoke under another name. */
function smokeAs(name: string) {
  const file = join(directory, `${name}.yaml`);
  const smoke = readFileSync(join(scenarioDirectory, "smoke.yaml"), "utf8");
  writeFileSync(file, smoke.replace(/^name: smoke$/m, `name: ${name}`));
  return { name, file, reproduce: `npm run scenario ${name}.yaml` };
}

function both(repeat = 1) {
  const out = join(directory, "out");
  const history = join(directory, "history.jsonl");
  const status = cancellable((signal) =>
    runSeveral({
      chosen: [smokeAs("one"), smokeAs("two")],
      ...{ over: {}, out: () => out, shard: { index: 1, count: 1 }, label: "", jobs: 2, signal },
      settings: {
        // Two processors have four guests to emulate.
        ...{ timeoutScale: 4, accelerator: "tcg", repeat, retries: 0, failOnFlaky: false, history },
        ...{ kernels: kernelChoices({}), inspection: noInspection },
        qemu: readQemuChoice(process.env.NTB_EDMA_LAB_QEMU, callerDirectory()),
      },
    }),
  );
  const result = (name: string) =>
    resultSchema.parse(JSON.parse(readFileSync(join(out, name, "result.json"), "utf8")));
  return { status, result, history };
}

test("two runs at the same time pass, each with its own files, and say that they had company", async () => {
  const { status, result, history } = both();
  expect(await status).toBe(0);
  const results = ["one", "two"].map(result);
  for (const { verdict, jobs, scenario } of results) {
    expect({ verdict, jobs }, scenario).toEqual({ verdict: "pass", jobs: 2 });
  }
  // Their guests were up at the same time.
  const spans = results.map(({ started, durationMs, phases }) => {
    const at = Date.parse(started);
    const boot = phases.find(({ name }) => name === "boot");
    return { from: at + (boot?.startMs ?? 0), to: at + durationMs };
  });
  expect(Math.max(...spans.map(({ from }) => from))).toBeLessThan(
    Math.min(...spans.map(({ to }) => to)),
  );
  expect((await readHistory(history)).map(({ scenario, jobs }) => [scenario, jobs]).sort()).toEqual(
    [
      ["one", 2],
      ["two", 2],
    ],
  );
  // Each line of theirs says whose it is; then comes one verdict over both.
  const [runs = "", closing = ""] = said.split("\n\n  PASS");
  const heads = runs.split("\n").flatMap((line) => /^(one|two) \|/.exec(line)?.[1] ?? []);
  expect(heads.length).toBe(runs.split("\n").length - 2);
  expect(new Set(heads)).toEqual(new Set(["one", "two"]));
  expect(closing).toContain("exit status 0");
});

test("who interrupts ends all of them, and nothing is left", async () => {
  const { status, result } = both(3);
  await vi.waitFor(() => expect(said.match(/End|Train the link/g)?.length).toBe(2), {
    timeout: 120_000,
  });
  process.emit("SIGINT");
  expect(await status).toBe(130);
  for (const name of ["one", "two"])
    expect(result(name)).toMatchObject({ exitStatus: 130, jobs: 2 });
});
