// SPDX-License-Identifier: MIT

import { readFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import { InfrastructureError, UsageError } from "../errors.ts";
import type { GuestArchitecture } from "../guest-architectures.ts";
import { quoted } from "../lab/shell-line.ts";
import { callerDirectory } from "../project.ts";
import { crossPrefix } from "../provision/work/host-tools.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { architectureOf } from "../scenario/topology/host-machine.ts";
import { chosen, onSides } from "./modules.ts";
import { defineStep, execOptions, type StepContext } from "./step-kind.ts";

export interface BringEvidence {
  /** Its path in the guests. */
  readonly path: string;
  /** Of the larger one, where guests are of different kinds. */
  readonly bytes: number;
}

const schema = z.strictObject({
  on: onSides,
  file: z
    .string()
    .min(1)
    .describe(
      "A program or any other file, by its path from the scenario's file; a source file (`.c`) is compiled for the guests and linked statically.",
    ),
  to: z
    .string()
    .regex(/^\/[\w./+-]+$/, { error: "expected an absolute path" })
    .optional()
    .describe("Its path there; without it, its name without `.c` in `/tmp`."),
  flags: z
    .array(z.string())
    .default([])
    .describe(
      "Words for the compiler beside `-O2 -g0 -Wall -pthread -static`, such as `-DCOUNT=3`.",
    ),
});
type Params = z.output<typeof schema>;

const isSource = (file: string) => extname(file) === ".c";

function pathOf({ file, to }: Params): string {
  return to ?? `/tmp/${basename(file, ".c")}`;
}

export const bring = defineStep({
  kind: "bring",
  summary:
    "brings a file into guests, a program as a rule; a source file in C is compiled for them",
  schema,
  limitMs: () => 60_000,
  title: (params) => `Bring ${basename(params.file)} as ${pathOf(params)}`,
  files: ({ file }) => [file],
  commands: (params, plan) =>
    chosen(params.on, plan).map((on) => ({
      on,
      what: `taking in ${basename(params.file)}`,
      script: takeIn(pathOf(params)),
    })),
  run: async (params, context): Promise<BringEvidence> => {
    const file = resolve(callerDirectory(), context.plan.directory, params.file);
    const path = pathOf(params);
    const { topology } = context.plan;
    const kinds = Map.groupBy(chosen(params.on, context.plan), (machine) =>
      isSource(file) ? architectureOf(topology, machine) : undefined,
    );
    const sizes: number[] = [];
    for (const [architecture, machines] of kinds) {
      const content = architecture
        ? await compiled(file, params.flags, architecture, context)
        : await readFile(file);
      await Promise.all(machines.map((machine) => send(machine, path, content, context)));
      sizes.push(content.length);
    }
    return { path, bytes: Math.max(...sizes) };
  },
});

async function send(
  machine: MachineName,
  path: string,
  content: Buffer,
  context: StepContext,
): Promise<void> {
  const options = { ...execOptions(context, `taking in ${basename(path)}`), stdin: content };
  const { stdout } = await context.lab.vm(machine).ssh.check(takeIn(path), options);
  if (Number(stdout) !== content.length) {
    throw new InfrastructureError(
      `expected ${content.length} bytes of ${path} to arrive in the ${machine} VM, got ${stdout.trim()}`,
    );
  }
}

function takeIn(path: string): string {
  const word = quoted(path);
  return `set -e; mkdir -p "$(dirname ${word})"; cat > ${word}; chmod 755 ${word}; wc -c < ${word}`;
}

/**
 * A program for the guests.
 *
 * @throws UsageError for a source that the compiler refuses, and InfrastructureError where there is no compiler.
 */
async function compiled(
  file: string,
  flags: readonly string[],
  architecture: GuestArchitecture,
  context: StepContext,
): Promise<Buffer> {
  context.progress(`compiling ${basename(file)}`);
  const compiler = `${crossPrefix(architecture)}gcc`;
  const output = join(context.lab.directory, `brought-${architecture}-${basename(file, ".c")}`);
  const words = ["-O2", "-g0", "-Wall", "-pthread", "-static", "-s", ...flags, "-o", output, file];
  const { failed, code, stderr } = await execa(compiler, words, {
    reject: false,
    cancelSignal: context.lab.signal,
  });
  if (code === "ENOENT") {
    throw new InfrastructureError(
      `no ${compiler} on this machine, by which ${basename(file)} would be compiled for the guests; ntb-edma-lab doctor names its package`,
    );
  }
  if (failed) throw new UsageError(`${compiler} does not compile ${file}:\n${stderr.trim()}`);
  return readFile(output);
}
