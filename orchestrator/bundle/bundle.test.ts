// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configurationFiles } from "../artifacts.ts";
import { type KernelChoice, pinnedKernels } from "../provision/kernel/kernel-choice.ts";
import { reportFiles } from "../report/file-reporters.ts";
import { fingerprintOf } from "../report/fingerprint.ts";
import type { RunResult } from "../report/result.ts";
import { failingRun, passingRun } from "../report/testing/samples.ts";
import { gitIn } from "../testing/git.ts";
import { anonymous } from "./anonymous.ts";
import { configDifferences, differences } from "./differences.ts";
import { choiceOf, copyKernel } from "./kernels.ts";
import { manifestSchema } from "./manifest.ts";
import { openBundle } from "./open.ts";
import { outcomeLines, surroundingLines } from "./replay-lines.ts";
import { writeBundle } from "./write.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bundle-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (...names: string[]) => join(directory, ...names);

function write(path: string, text: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function sample() {
  const result = failingRun();
  write(at("out/result.json"), JSON.stringify({ ...result, out: at("out") }));
  write(at("out/time-line.txt"), "0.1 host\n");
  write(at("out/host-trace.7.log"), "7@1.0:dwc_x\n");
  write(at("out/host-2.pcap"), "");
  write(at("out/host-uplink.pcap"), "a person's own\n");
  write(at("out/kvm-trial-console.log"), "");
  write(at("out/host-qemu.sh"), "");
  write(at("out/private.txt"), "a person's own\n");
  write(at("out/.git/config"), "a person's own\n");
  write(at("out/mine/result.json"), "{}\n");
  write(at("out/host-console.log"), `a module of ${homedir()}/linux was loaded\n`);
  const patch = write(at("mine/0001-fix.patch"), "a patch\n");
  const kernels = {
    host: {
      ...pinnedKernels.host,
      patches: patch,
      fragments: ["nvme", write(at("mine/my.config"), "CONFIG_X=y\n")],
    },
    endpoint: pinnedKernels.endpoint,
  };
  const files = [
    write(at("mine/tests/x.yaml"), "include: [vntb, ../board.yaml]\n"),
    write(at("project/scenarios/parts/vntb.yaml"), "vntb: 1\n"),
    write(at("mine/board.yaml"), "board: 1\n"),
  ];
  return {
    ...{ result, kernels, files, out: at("out"), project: at("project") },
    parts: at("project/scenarios/parts"),
    flags: ["--set", "topology.host.memory=1G"],
  };
}

/** Makes a directory a repository with one commit of all that is in it, and gives its git. */
async function repository(path: string) {
  const git = gitIn(path);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "first");
  return git;
}

describe("a bundle", () => {
  test("holds what makes the run again, and nothing that names this machine", async () => {
    const run = sample();
    const file = await writeBundle(run);
    mkdirSync(at("unpacked"));
    const { manifest, top } = await openBundle(file, at("unpacked"));
    expect(manifest).toMatchObject({
      scenario: run.result.scenario,
      verdict: "fail",
      fingerprint: fingerprintOf(run.result),
      flags: run.flags,
    });
    const own = join(top, manifest.file);
    expect(readFileSync(own, "utf8")).toContain("include");
    expect(readFileSync(join(own, "../../board.yaml"), "utf8")).toBe("board: 1\n");
    expect(readFileSync(join(top, manifest.parts, "vntb.yaml"), "utf8")).toBe("vntb: 1\n");
    const { host, endpoint } = manifest.kernels;
    const choice = choiceOf(host, "host", top, undefined);
    expect(readFileSync(choice.patches ?? "", "utf8")).toBe("a patch\n");
    const [name, copy = ""] = choice.fragments;
    expect([name, readFileSync(copy, "utf8")]).toEqual(["nvme", "CONFIG_X=y\n"]);
    expect(choiceOf(endpoint, "endpoint", top, undefined)).toEqual(pinnedKernels.endpoint);
    expect(readFileSync(join(top, "run/host-console.log"), "utf8")).toBe(
      "a module of ~/linux was loaded\n",
    );
    const { stdout } = await execa("grep", ["-rlF", directory, top], { reject: false });
    expect(stdout.split("\n").filter((name) => name !== "" && !name.startsWith(top))).toEqual([]);
    expect(readFileSync(join(top, "run/result.json"), "utf8")).not.toContain(directory);
    expect(readdirSync(join(top, "run"))).toEqual([
      ...[
        "host-2.pcap",
        "host-console.log",
        "host-qemu.sh",
        "host-trace.7.log",
        "kvm-trial-console.log",
      ],
      ...["result.json", "time-line.txt"],
    ]);
  });

  test("of several runs is one of the run that failed; of one made again until it passed, of all", async () => {
    const run = sample();
    const manifestOf = async (result: RunResult) => {
      const into = mkdtempSync(at("unpacked-"));
      return (await openBundle(await writeBundle({ ...run, result }), into)).manifest;
    };
    const attempt = ({ verdict, exitStatus, started, durationMs }: RunResult) => ({
      ...{ verdict, exitStatus, started, durationMs, directory: "run-1" },
      problems: verdict === "pass" ? [] : ["ping: lost"],
    });
    const attempts = [passingRun(), run.result].map(attempt);
    const searched = await manifestOf({ ...run.result, verdict: "flaky", attempts });
    expect(searched).toMatchObject({ verdict: "fail", exitStatus: 1 });
    expect(searched.fingerprint).toBe(fingerprintOf(run.result));
    const retried = { ...passingRun(), verdict: "flaky" as const, attempts: attempts.toReversed() };
    expect(await manifestOf(retried)).toMatchObject({
      ...{ verdict: "flaky", exitStatus: 0, fingerprint: fingerprintOf(retried) },
    });
  });

  test("has whatever reports, VMs and a failed build leave, without this machine's own words", async () => {
    const run = sample();
    const log = write(at("out/kernel-build-7.log"), "");
    const excerpt = [{ title: "end of the log", lines: [], file: log }];
    const failure = { phase: "provision", message: "no", excerpt };
    const names = [
      ...[...reportFiles, ...configurationFiles, basename(log), "endpoint-qemu.sh"],
      ...["host.pcap", "direct.pcap"],
    ];
    for (const name of names) write(at("out", name), `${homedir()}/linux\n`);
    const file = await writeBundle({ ...run, result: { ...run.result, failure } });
    mkdirSync(at("unpacked"));
    const { top } = await openBundle(file, at("unpacked"));
    for (const name of names) {
      const text = readFileSync(join(top, "run", name), "utf8");
      expect([name, text]).toEqual([
        name,
        name.endsWith(".pcap") ? `${homedir()}/linux\n` : "~/linux\n",
      ]);
    }
  });

  test("of a tree wants a tree again", async () => {
    const kernel = {
      ...(await copyKernel(pinnedKernels.host, undefined, "host", at("top"))),
      source: { kind: "tree" as const, state: "7.4.0-rc1 in TREE, commit 123456789abc" },
    };
    expect(() => choiceOf(kernel, "host", "/top", undefined)).toThrow("--kernel DIR");
    const source = { kind: "tree" as const, directory: "/here/linux" };
    expect(choiceOf(kernel, "host", "/top", source).source).toEqual(source);
  });

  test("of a tree inside another repository has none of that one's changes", async () => {
    const outer = at("outer");
    write(join(outer, "secret"), "first\n");
    write(join(outer, "linux/Makefile"), "VERSION = 7\n");
    await repository(outer);
    write(join(outer, "secret"), "second\n");
    const tree = (directory: string) => ({
      ...pinnedKernels.host,
      source: { kind: "tree" as const, directory },
    });
    const inner = await copyKernel(tree(join(outer, "linux")), undefined, "host", at("top"));
    expect(inner.source).toEqual({ kind: "tree", state: "not built" });
    const whole = await copyKernel(tree(outer), undefined, "host", at("top"));
    expect(whole.source).toMatchObject({ changes: "kernel/host/changes.patch" });
  });

  test("of a changed tree has the changes, binary ones too, and says what git does not know", async () => {
    const tree = at("tree");
    write(join(tree, "firmware"), "\0\x01");
    const git = await repository(tree);
    write(join(tree, "firmware"), "\0\x02");
    write(join(tree, "new.c"), "int x;\n");
    const source = { kind: "tree" as const, directory: tree };
    const copied = await copyKernel(
      { ...pinnedKernels.host, source },
      undefined,
      "host",
      at("top"),
    );
    expect(copied.source).toEqual({
      ...{ kind: "tree", changes: "kernel/host/changes.patch" },
      state: "not built, and files that git does not know (1)",
    });
    await git("checkout", "--quiet", "firmware");
    await git("apply", at("top/kernel/host/changes.patch"));
    expect(readFileSync(join(tree, "firmware"), "utf8")).toBe("\0\x02");
  });

  test("has a tree's changes byte for byte, however its person wants to see them", async () => {
    const tree = at("tree");
    const latin1 = (text: string) => Buffer.from(text, "latin1");
    const file = write(join(tree, "old.c"), "");
    writeFileSync(file, latin1("/* Ren\u00e9 */\n"));
    const git = await repository(tree);
    await git("config", "diff.noprefix", "true");
    await git("config", "color.ui", "always");
    writeFileSync(file, latin1("/* Ren\u00e9 */\nint x;\n"));
    const source = { kind: "tree" as const, directory: tree };
    await copyKernel({ ...pinnedKernels.host, source }, undefined, "host", at("top"));
    await git("checkout", "--quiet", "old.c");
    await git("apply", at("top/kernel/host/changes.patch"));
    expect(readFileSync(file)).toEqual(latin1("/* Ren\u00e9 */\nint x;\n"));
  });

  test("takes the patches of a directory, and nothing else that lies there", async () => {
    for (const name of ["0001-a.patch", "b.mbox", "series", ".git/config"]) {
      write(at("patches", name), name);
    }
    const kernel = { ...pinnedKernels.host, patches: at("patches") };
    const { patches } = await copyKernel(kernel, undefined, "host", at("top"));
    expect(patches).toEqual({ path: "kernel/host/patches" });
    expect(readdirSync(at("top/kernel/host/patches"))).toEqual(["0001-a.patch", "b.mbox"]);
  });

  test("takes every field of a choice along, but for this machine's directories", async () => {
    const travelled = async (change: Partial<KernelChoice>) => {
      const choice = { ...pinnedKernels.host, ...change };
      const bundled = await copyKernel(choice, undefined, "host", at("top"));
      const { kernels } = manifestSchema.pick({ kernels: true }).parse({
        kernels: JSON.parse(JSON.stringify({ host: bundled, endpoint: bundled })),
      });
      return choiceOf(kernels.host, "host", at("top"), undefined);
    };
    const said = { debug: true, llvm: "-19", crossCompile: "x-", patches: "a@b.example" };
    expect(await travelled(said)).toEqual({ ...pinnedKernels.host, ...said });
    const places = { llvm: "/opt/llvm/bin/", crossCompile: "/opt/gcc/bin/x-" };
    expect(await travelled(places)).toEqual(pinnedKernels.host);
  });

  test.each(["no archive at all", ""])("is not %j", async (text) => {
    const file = write(at("x.tar.gz"), text);
    mkdirSync(at("unpacked"));
    await expect(openBundle(file, at("unpacked"))).rejects.toThrow("is no bundle");
  });

  test("has no links, which could lead anywhere", async () => {
    mkdirSync(at("evil"));
    await execa("ln", ["-s", "/etc", at("evil/bundle.json")]);
    await execa("tar", ["-czf", at("evil.tar.gz"), "-C", directory, "evil"]);
    mkdirSync(at("unpacked"));
    await expect(openBundle(at("evil.tar.gz"), at("unpacked"))).rejects.toThrow("plain files");
  });
});

test("a machine's own words are replaced as whole names, the longest first", () => {
  const aliases = [
    { own: "/home/me", alias: "~" },
    { own: "/home/me/linux", alias: "TREE" },
    { own: "box", alias: "MACHINE" },
  ];
  expect(anonymous("/home/me/linux/a.c /home/me/b /home/melanie box boxes x-box", aliases)).toBe(
    "TREE/a.c ~/b /home/melanie MACHINE boxes x-box",
  );
});

describe("a replay", () => {
  const machine = {
    architecture: "x64",
    processors: "2",
    memory: "4 GiB",
    system: "Debian",
    node: "v26",
  };
  const there = { versions: { qemu: "10.0.13", lab: "abc" }, accelerator: "tcg", machine };

  test("says where its surroundings differ", () => {
    const here = {
      ...there,
      versions: { qemu: "10.0.14", lab: "abc" },
      machine: { ...machine, architecture: "arm64" },
    };
    const found = differences(there, here);
    expect(found).toEqual([
      { what: "QEMU", there: "10.0.13", here: "10.0.14" },
      { what: "architecture", there: "x64", here: "arm64" },
    ]);
    expect(surroundingLines(found, []).join("\n")).toContain("QEMU          bundle  10.0.13");
    expect(surroundingLines(differences(there, there), [])).toEqual([
      "Surroundings: the same in all that is known.",
    ]);
  });

  test("names the symbols of a configuration that is not the same", () => {
    expect(
      configDifferences(
        "CONFIG_A=y\nCONFIG_B=m\n",
        "# CONFIG_A is not set\nCONFIG_B=m\nCONFIG_C=y\n",
      ),
    ).toEqual(["CONFIG_A: y, here n", "CONFIG_C: n, here y"]);
  });

  test.each([
    [{ verdict: "fail", fingerprint: "a" }, ["as in the bundle.", "fails in the same way"]],
    [{ verdict: "fail", fingerprint: "b" }, ["as in the bundle.", "b, but a in the bundle"]],
    [{ verdict: "pass" }, ["pass, but fail in the bundle", "none, but a in the bundle"]],
  ])("that ends with %j says so", (here, said) => {
    const lines = outcomeLines({ verdict: "fail", fingerprint: "a" }, here);
    for (const [index, part] of said.entries()) expect(lines[index]).toContain(part);
  });
});
