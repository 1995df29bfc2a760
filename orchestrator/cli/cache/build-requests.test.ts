// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { pinnedKernels } from "../../provision/kernel/kernel-choice.ts";
import { pinnedQemu } from "../../provision/qemu/choice.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import { buildRequests } from "./build-requests.ts";

const directory = mkdtempSync(join(tmpdir(), "build-requests-"));
afterAll(() => rmSync(directory, { recursive: true }));

function scenario(name: string, fragments: string): string {
  const file = join(directory, `${name}.yaml`);
  const rest = "steps: [{ do: link }]\nchecks: [{ id: c, title: c, check: console-clean }]\n";
  writeFileSync(
    file,
    `name: ${name}\ntitle: x\ninclude: vntb\nconfig-fragments: ${fragments}\n${rest}`,
  );
  return file;
}

const asked = (names: string[], all?: boolean) =>
  buildRequests(names, { kernels: pinnedKernels, qemu: pinnedQemu, all }).map(
    ({ scenarios, request: { kernels, programs } }) => [
      ...[scenarios, kernels.host.fragments, kernels.endpoint.fragments, programs],
    ],
  );

test("without a name it is the kernel of those that ask for nothing", () => {
  expect(asked([])).toEqual([[[], [], [], []]]);
});

test("scenarios that ask for the same are built for once, and those that ask for less before the others", () => {
  const [drive, disk] = [scenario("drive", "[nvme]"), scenario("disk", "[nvme]")];
  expect(asked([drive, "smoke", disk, "faults"])).toEqual([
    [["smoke", "faults"], [], [], []],
    [[drive, disk], ["nvme"], ["nvme"], []],
  ]);
});

test("so are those that ask for the same programs", () => {
  const asking = scenario("asking", "[nvme]\nprograms: [fio]");
  expect(asked([asking, scenario("drive", "[nvme]")])).toEqual([
    [[join(directory, "drive.yaml")], ["nvme"], ["nvme"], []],
    [[asking], ["nvme"], ["nvme"], ["fio"]],
  ]);
});

test("all are all of the project's, each once", () => {
  const built = asked([], true).flatMap(([scenarios]) => scenarios);
  const all = listScenarios(scenarioDirectory).map(({ name }) => name);
  expect(built.sort()).toEqual(all.sort());
  expect(() => asked(["smoke"], true)).toThrow(UsageError);
});
