// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunningLab, StartedLab } from "../../lab/lab.ts";
import { scenarioDirectory } from "../../project.ts";
import { EventStream } from "../../report/events.ts";
import type { Evidence } from "../../steps/registry.ts";
import { readPlan } from "../read-plan.ts";
import { Bookkeeping } from "./bookkeeping.ts";
import { Journal } from "./journal.ts";
import { askKernels } from "./kernels-asked.ts";

const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants;
const [first, second] = plan?.steps ?? [];
if (!plan || !first || !second) throw new Error("smoke has no two steps");

/** What the host logged as the first step ended, and what of it was read when the second had begun. */
const log = [
  "<6>[    0.000000] Booting Linux on physical CPU 0x0",
  `<14>[    4.000000] ntb-edma-lab: the step ${first.id} begins`,
  "<3>[    5.000000] x: status 0x600b",
  `<14>[    5.000100] ntb-edma-lab: the step ${second.id} begins`,
];

async function asked(during: string) {
  const knownNoise = [{ pattern: "0x600b", reason: "the link is lost", during: [during] }];
  const book = new Bookkeeping({ ...plan, knownNoise } as NonNullable<typeof plan>, journal());
  const lines: { at: number; text: string }[] = [];
  const lab = {
    consoles: { host: { file: "/h", lines, formerLines: [] } },
    vm: () => ({ ssh: { check: async () => ({ stdout: `${log.join("\n")}\n` }) } }),
    isOn: () => true,
  } as unknown as RunningLab & StartedLab;
  book.lab = lab;
  book.running = lab;
  const done = async () => ({ id: "x", kind: "link", data: {} }) as unknown as Evidence;
  if (first) await book.step(first, "first", done);
  if (second) {
    await book.step(second, "second", async () => {
      lines.push(
        ...log.map((line) => ({ at: performance.now(), text: line.replace(/^<\d+>/, "") })),
      );
      return done();
    });
  }
  const { signal } = new AbortController();
  return askKernels(book, { timeScale: 1, signal });
}

const journal = () => new Journal(new EventStream([], () => {}));

test("an error is of the step that had begun when it was logged, though it was read in the next", async () => {
  const { errors, logs } = await asked(first.id);
  expect(errors).toMatchObject([{ text: "x: status 0x600b", known: "the link is lost" }]);
  expect(logs[0]?.lines).toMatchObject([{ step: first.id }]);
  const [news] = (await asked(second.id)).errors;
  expect(news).toMatchObject({ text: "x: status 0x600b", known: undefined });
});
