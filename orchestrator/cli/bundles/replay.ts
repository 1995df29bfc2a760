// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { configDifferences, differences } from "../../bundle/differences.ts";
import { choiceOf } from "../../bundle/kernels.ts";
import type { Manifest } from "../../bundle/manifest.ts";
import { type OpenBundle, openBundle } from "../../bundle/open.ts";
import { outcomeLines, surroundingLines } from "../../bundle/replay-lines.ts";
import { unpackingDirectory } from "../../bundle/unpacking-directory.ts";
import { surroundingsOf } from "../../bundle/write.ts";
import { UsageError } from "../../errors.ts";
import { shellLine } from "../../lab/shell-line.ts";
import { callerDirectory, projectDirectory } from "../../project.ts";
import type { KernelChoices } from "../../provision/kernel/kernel-choice.ts";
import { fingerprintOf } from "../../report/fingerprint.ts";
import { cancellable } from "../../run/cancellation.ts";
import { readPlan } from "../../run/read-plan.ts";
import { newDirectory } from "../../run/several/run-directory.ts";
import { type RunOnTerminal, runOnTerminal } from "../../run/several/run-on-terminal.ts";
import { stamp } from "../../stamp.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag, parseFlags } from "../flags/flags.ts";
import { kernelChoices, sourceFlags } from "../flags/kernel-flags.ts";
import { qemuFlags } from "../flags/qemu-flag.ts";
import { runSettings } from "../flags/run-settings.ts";
import { planOptions, scenarioFlags } from "../flags/scenario-flags.ts";

const flags = {
  out: {
    type: "string",
    value: "DIR",
    help: "where reports and logs go (default: runs/replay-TIME)",
  },
  ...qemuFlags,
  ...sourceFlags,
  ...helpFlag,
} as const satisfies Flags;

type Values = ReturnType<typeof parseFlags<typeof flags>>["values"];

const help = () => `usage: ntb-edma-lab replay BUNDLE [FLAGS]

Runs what a bundle (scenario --bundle) holds once more, with the same settings, kernels and patches. Says where the
surroundings differ from those of the bundle, and whether the outcome is the same. A bundle whose kernel was built from a
tree wants such a tree: --kernel DIR. One of a QEMU of one's own wants such a one: --qemu DIR.

${flagRows(flags)}
Exit status: that of the run, as of scenario.
`;

/** `replay`: a bundle's run, made again. */
export async function replayCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) {
    throw new UsageError("expected one bundle: replay BUNDLE.tar.gz");
  }
  const file = resolve(callerDirectory(), given);
  const work = await unpackingDirectory(file, () =>
    process.stdout.write("Another process replays the same bundle: waiting for its end.\n"),
  );
  try {
    const bundle = await openBundle(file, work.path);
    return await replay(bundle, basename(given), values);
  } finally {
    await work.remove();
  }
}

async function replay(bundle: OpenBundle, name: string, values: Values): Promise<number> {
  const { manifest, top } = bundle;
  const given = values.qemu === undefined ? {} : { qemu: values.qemu };
  const bundled = { ...parseFlags(manifest.flags, scenarioFlags).values, ...given };
  const kernels = kernelsOf(bundle, values);
  const plan = readPlan(join(top, manifest.file), {
    parts: join(top, manifest.parts),
    ...planOptions(bundled),
  });
  const out =
    values.out === undefined
      ? newDirectory(resolve(callerDirectory(), `runs/replay-${plan.scenario}-${stamp()}`))
      : resolve(callerDirectory(), values.out);
  process.stdout.write(
    `Replaying ${plan.scenario} of ${manifest.started}, which ended with ${outcome(manifest)}.\n`,
  );
  const settings = {
    ...(await runSettings(bundled, resolve(out, "history.jsonl"), kernels)),
    reproduce: shellLine("./ntb-edma-lab", ["replay", name]),
    after: (run: RunOnTerminal) => tell(bundle, run, kernels),
  };
  return cancellable((signal) => runOnTerminal(plan, out, settings, signal));
}

/** The bundle's kernels, from trees of this machine where they were built from trees. */
function kernelsOf({ manifest, top }: OpenBundle, values: Values): KernelChoices {
  const given = kernelChoices(values);
  const of = (role: "host" | "endpoint") => {
    const named = values.kernel ?? values[`kernel-${role}`];
    const tree = named === undefined ? undefined : given[role].source;
    return choiceOf(manifest.kernels[role], role, top, tree);
  };
  return { host: of("host"), endpoint: of("endpoint") };
}

async function tell(
  { manifest, top }: OpenBundle,
  { out, result, artifacts, say }: RunOnTerminal,
  kernels: KernelChoices,
): Promise<void> {
  const here = await surroundingsOf({ out, result, kernels, project: projectDirectory });
  const config = manifest.kernels.host.config;
  const symbols =
    config === undefined || artifacts === undefined
      ? []
      : configDifferences(
          await readFile(join(top, config), "utf8"),
          await readFile(artifacts.guests.host.kernel.config, "utf8"),
        );
  const lines = [
    ...surroundingLines(differences(manifest, here), symbols),
    ...outcomeLines(manifest, { verdict: result.verdict, fingerprint: fingerprintOf(result) }),
  ];
  say(`\n${lines.join("\n")}`);
}

function outcome({ verdict, fingerprint }: Manifest): string {
  return fingerprint === undefined ? verdict : `${verdict}, fingerprint ${fingerprint}`;
}
