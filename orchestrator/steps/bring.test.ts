// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../errors.ts";
import { readPlan } from "../run/read-plan.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { bring } from "./bring.ts";
import type { StepContext } from "./step-kind.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bring-test-"));
  mkdirSync(join(directory, "lab"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Guests that keep what they are sent, or lose a part of it. */
async function brought(fields: object, lost = 0, said: string[] = [], machine = "virt") {
  const sent: Record<string, { script: string; stdin: Buffer }> = {};
  const guest = (role: string) => ({
    ssh: {
      check: async (script: string, { stdin }: { stdin: Buffer }) => {
        sent[role] = { script, stdin };
        return { stdout: `${stdin.length - lost}\n` };
      },
    },
  });
  const context = {
    lab: {
      ...{ vm: guest, directory: join(directory, "lab") },
      signal: new AbortController().signal,
    },
    plan: { directory, topology: topologySchema.parse({ host: { machine } }) },
    ...{ limitMs: 10_000, progress: (text: string) => void said.push(text) },
  } as unknown as StepContext;
  const evidence = await bring.run(
    { params: bring.schema.parse(fields) } as unknown as PlannedStep,
    context,
  );
  return { evidence, sent };
}

test("a file arrives as it is, in both guests or in one", async () => {
  writeFileSync(join(directory, "tool"), "#!/bin/sh\n");
  const { evidence, sent } = await brought({ file: "tool" });
  expect(evidence).toEqual({ path: "/tmp/tool", bytes: 10 });
  expect(Object.keys(sent).sort()).toEqual(["endpoint", "host"]);
  expect(sent.host?.stdin.toString()).toBe("#!/bin/sh\n");
  expect(sent.host?.script).toContain("> '/tmp/tool'; chmod 755");
  expect(Object.keys((await brought({ on: "host", file: "tool", to: "/tmp/x" })).sent)).toEqual([
    "host",
  ]);
});

test("one that does not arrive whole says nothing of what is under test", async () => {
  writeFileSync(join(directory, "tool"), "#!/bin/sh\n");
  await expect(brought({ file: "tool" }, 1)).rejects.toThrow(InfrastructureError);
});

test("a source is compiled for the guests, by the compiler that the kernel has, with its own words", async () => {
  writeFileSync(join(directory, "race.c"), "int main(void) { return STATUS; }\n");
  const { evidence } = await brought({ file: "race.c", flags: ["-DSTATUS=3"] });
  expect(evidence.path).toBe("/tmp/race");
  const header = execFileSync("readelf", ["-h", join(directory, "lab/brought-arm64-race")], {
    encoding: "utf8",
  });
  expect(header).toMatch(/Machine: +AArch64/);
  expect(readFileSync(join(directory, "lab/brought-arm64-race")).length).toBe(evidence.bytes);
});

test.runIf(process.arch === "x64")(
  "a host that is a PC has a program of its own kind, and the endpoint keeps its own",
  async () => {
    writeFileSync(join(directory, "race.c"), "int main(void) { return 0; }\n");
    const { sent } = await brought({ file: "race.c" }, 0, [], "q35");
    // e_machine: EM_X86_64 and EM_AARCH64.
    expect(sent.host?.stdin.readUInt16LE(18)).toBe(62);
    expect(sent.endpoint?.stdin.readUInt16LE(18)).toBe(183);
  },
);

test("a source that is wrong is the person's to repair, with the compiler's words", async () => {
  writeFileSync(join(directory, "wrong.c"), "int main(void) { return x; }\n");
  const failed = brought({ file: "wrong.c" });
  await expect(failed).rejects.toThrow(UsageError);
  await expect(failed).rejects.toThrow(/wrong\.c:1:\d+: error: .x. undeclared/);
});

describe("a scenario that brings files", () => {
  const scenario = (file: string) => `name: mine
title: x
steps: [{ do: bring, file: ${file} }]
checks: [{ id: c, title: c, check: console-clean }]
`;
  test("has them among its own, so that a bundle takes them along", () => {
    writeFileSync(join(directory, "tool.c"), "");
    writeFileSync(join(directory, "mine.yaml"), scenario("tool.c"));
    const { files } = readPlan(join(directory, "mine.yaml"));
    expect(files.map((file) => basename(file))).toEqual(["mine.yaml", "tool.c"]);
  });
  test("names one that is not there before anything boots", () => {
    writeFileSync(join(directory, "mine.yaml"), scenario("gone.c"));
    expect(() => readPlan(join(directory, "mine.yaml"))).toThrow(
      /the step "bring" brings gone\.c: there is no such file by a path from the scenario's/,
    );
  });
});

test("what did not arrive whole is told in bytes, and what is compiled by its name", async () => {
  writeFileSync(join(directory, "tool"), "#!/bin/sh\n");
  await expect(brought({ file: "tool" }, 1)).rejects.toThrow(
    /^expected 10 bytes of \/tmp\/tool to arrive in the (host|endpoint) VM, got 9$/,
  );
  const said: string[] = [];
  writeFileSync(join(directory, "fine.c"), "int main(void) { return 0; }\n");
  await brought({ file: "fine.c" }, 0, said);
  expect(said).toEqual(["compiling fine.c"]);
});

test("a machine without the compiler is told which, and how to get it", async () => {
  writeFileSync(join(directory, "fine.c"), "int main(void) { return 0; }\n");
  vi.stubEnv("PATH", join(directory, "empty"));
  const failed = brought({ file: "fine.c" });
  await expect(failed).rejects.toThrow(InfrastructureError);
  await expect(failed).rejects.toThrow(
    /^no \S*gcc on this machine, by which fine\.c would be compiled/,
  );
  vi.unstubAllEnvs();
});
