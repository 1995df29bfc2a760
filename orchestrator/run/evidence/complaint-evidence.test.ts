// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Guests } from "../../artifacts.ts";
import { InfrastructureError } from "../../errors.ts";
import { ComplaintError, DeadlineError } from "../../lab/errors.ts";
import { scenarioDirectory } from "../../project.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import { readPlan } from "../read-plan.ts";
import { playBinutils } from "../testing/played-binutils.ts";
import { addEvidence } from "./complaint-evidence.ts";

const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants as [VariantPlan];
// Nothing is decoded of what is no complaint.
const about = (began: number | undefined) => ({
  ...{ guests: {} as Guests, plan, isKnown: () => false, began },
  clock: (at: number) => at,
});

/** Both consoles, with a line of the host's from before the step began and one from long before. */
function labAt(began: number) {
  const host = [
    { at: began - 60_000, text: "booting" },
    { at: began - 100, text: "link stays down: the peer uses the default backend" },
  ];
  return { consoles: { host: { file: "", lines: host }, endpoint: { file: "", lines: [] } } };
}

test("a step that waited in vain shows what both kernels said from shortly before it began", async () => {
  const began = performance.now();
  const printed = { title: "host VM: until carrier", lines: ["waiting"] };
  const error = new DeadlineError("carrier", [printed]);
  expect(await addEvidence(error, labAt(began), about(began))).toBeUndefined();
  const [first, consoles, ...more] = error.excerpts;
  expect(first).toBe(printed);
  expect(consoles?.lines).toHaveLength(1);
  expect(consoles?.lines[0]).toMatch(
    / host {5}link stays down: the peer uses the default backend$/,
  );
  expect(more).toEqual([]);
});

test("before the first step a guest's error stays as it is, and so does one that is no guest's", async () => {
  const error = new DeadlineError("no SSH");
  await addEvidence(error, labAt(0), about(undefined));
  expect(error.excerpts).toEqual([]);
  const other = new InfrastructureError("QEMU ended");
  await addEvidence(other, labAt(0), about(0));
  expect(other).not.toHaveProperty("excerpts");
});

describe("a kernel's complaint", () => {
  const warning =
    "[  7.1] WARNING: drivers/ntb/core.c:77 at ntb_register_device+0x10/0x80, CPU#0: modprobe/99";
  const call = "[  7.1] Call trace:";
  const frame = "[  7.1]  ntb_register_device+0x10/0x80";
  const oops =
    "[  7.2] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010";
  /** None of these kernels has a script that decodes. */
  const guest = { facts: {} };
  const sources = { ...about(0), guests: { host: guest, endpoint: guest } as unknown as Guests };

  function complaint(at: number) {
    const lines = [
      { at: at - 10_000, text: "[  0.1] long before" },
      { at: at - 1000, text: "[  6.1] shortly before" },
      { at, text: warning },
      { at, text: call },
      { at, text: frame },
    ];
    const error = new ComplaintError(
      "host VM: WARN",
      [
        { title: "raw", lines: [warning], file: "host.log" },
        { title: "another", lines: [] },
      ],
      {
        ...{ role: "host", kind: "WARN", trace: [warning, call, frame], lines: [warning], at },
      },
    );
    return { error, lines };
  }
  const labOf = (
    host: { at: number; text: string }[],
    endpoint: { at: number; text: string }[] = [],
  ) => ({
    consoles: {
      host: { file: "host.log", lines: host },
      endpoint: { file: "endpoint.log", lines: endpoint },
    },
  });

  test("has its stack first, or why that is not decoded, then what both kernels said around it", async () => {
    const at = performance.now() - 1000;
    const { error, lines } = complaint(at);
    const peer = [
      { at: at + 100, text: "[  8.0] the peer heard" },
      { at: at + 900, text: "[  8.9] too late" },
    ];
    const why = "this kernel's tree has no scripts/decode_stacktrace.sh";
    expect(await addEvidence(error, labOf(lines, peer), sources)).toBe(why);
    const [stack, around, ...others] = error.excerpts;
    expect(stack).toEqual({
      ...{ title: `host VM: console, not decoded (${why})`, lines: [warning, call, frame] },
      file: "host.log",
    });
    // What the stack shows is not shown again; the complaint itself says where in time it is.
    expect(around?.lines.map((line) => line.replace(/^ *[\d.]+ /, ""))).toEqual([
      "host     [  6.1] shortly before",
      `host     ${warning}`,
      "endpoint [  8.0] the peer heard",
    ]);
    expect(others).toEqual([{ title: "another", lines: [] }]);
    expect(error.followedBy).toEqual([]);
  });

  describe("of a kernel with a script that decodes", () => {
    let tree: string;
    beforeEach(() => {
      tree = mkdtempSync(join(tmpdir(), "complaint-evidence-test-"));
    });
    afterEach(() => rmSync(tree, { recursive: true }));

    /** Decodes all frames but those of core, which have a module that it lacks. */
    function decoding(of: VariantPlan) {
      const decodeScript = join(tree, "decode_stacktrace.sh");
      const found = 'sed "s,ntb_register_device+.*,ntb_register_device (ntb.c:7),"';
      writeFileSync(decodeScript, `${found}; echo "WARNING! no m.ko" >&2\n`);
      for (const name of ["ours", "tree"]) {
        mkdirSync(join(tree, name));
        writeFileSync(join(tree, name, "ntb_transport.ko"), name);
      }
      const decodable = {
        kernel: { architecture: "arm64", vmlinux: "vmlinux" },
        facts: { source: "/gone", decodeScript },
        debug: { modules: join(tree, "tree") },
        ...{ debugModules: join(tree, "ours"), decodingPrefix: playBinutils(tree) },
      };
      const guests = { host: decodable, endpoint: guest } as unknown as Guests;
      return { ...sources, guests, plan: of };
    }

    test("has its stack with files and lines, then what could not be decoded, and that is told", async () => {
      const { error, lines } = complaint(performance.now() - 1000);
      const trace = [...error.complaint.trace, "[  7.1]  x+0x1/0x2 [m]"];
      const told = { ...error.complaint, trace };
      const more = new ComplaintError(error.message, [], told);
      expect(await addEvidence(more, labOf(lines), decoding(plan))).toBe("WARNING! no m.ko");
      const [stack] = more.excerpts;
      expect(stack?.title).toBe("host VM: decoded");
      expect(stack).not.toHaveProperty("file");
      expect(stack?.lines).toContain("[  7.1]  ntb_register_device (ntb.c:7)");
      expect(stack?.lines.slice(-2)).toEqual([
        "WARNING! no m.ko",
        "without file and line: [  7.1]  x+0x1/0x2 [m]",
      ]);
    });

    test("and of one that followed says why that has not", async () => {
      const at = performance.now() - 2000;
      const { error, lines } = complaint(at);
      const given = decoding(plan);
      writeFileSync(given.guests.host.facts.decodeScript ?? "", 'sed "s,+.*, (ntb.c:7),"');
      expect(await addEvidence(error, labOf(lines), given)).toBeUndefined();
      const peer = [{ at: at + 50, text: oops }];
      const why = "this kernel's tree has no scripts/decode_stacktrace.sh";
      expect(await addEvidence(error, labOf(lines, peer), given)).toBe(why);
    });

    test("has the modules that ran: the tree's own where the scenario loads that", async () => {
      const { error, lines } = complaint(performance.now() - 1000);
      const trace = [warning, "[  7.1]  x+0x1/0x2 [ntb_transport]"];
      const told = () => new ComplaintError("m", [], { ...error.complaint, trace });
      const shown = async (upstream: boolean) => {
        const modules = [{ name: "ntb-transport", upstream }];
        const step = { ...plan.steps[0], kind: "load-modules", params: { on: "host", modules } };
        const of = { ...plan, steps: [step] } as unknown as VariantPlan;
        const one = told();
        const given = decoding(of);
        writeFileSync(given.guests.host.facts.decodeScript ?? "", 'cat "$3/ntb_transport.ko"');
        await addEvidence(one, labOf(lines), given);
        rmSync(join(tree, "ours"), { recursive: true });
        rmSync(join(tree, "tree"), { recursive: true });
        return one.excerpts[0]?.lines;
      };
      expect(await shown(false)).toEqual(["ours"]);
      expect(await shown(true)).toEqual(["tree"]);
    });
  });

  test("has those that followed with it, each with its own stack", async () => {
    const at = performance.now() - 2000;
    const { error, lines } = complaint(at);
    await addEvidence(error, labOf(lines, [{ at: at + 50, text: oops }]), sources);
    expect(error.followedBy).toMatchObject([
      {
        at: at + 50,
        message: expect.stringMatching(/^endpoint VM: /),
        excerpt: { file: "endpoint.log", lines: [oops] },
      },
    ]);
  });
});
