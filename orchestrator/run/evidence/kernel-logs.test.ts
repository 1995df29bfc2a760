// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { RunningLab } from "../../lab/lab.ts";
import type { ExecOptions } from "../../lab/ssh.ts";
import {
  errorsIn,
  kernelLog,
  kernelLogs,
  knownComplaints,
  shortened,
  unasked,
  withErrors,
} from "./kernel-logs.ts";
import type { BetweenMarks } from "./step-marks.ts";

const dmesg = `<6>[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x411fd070]
<5>[    0.000000] Linux version 7.3.4
<4>[    0.021000] cacheinfo: Unable to detect cache hierarchy for CPU 0
<3>[    5.120000] pci_epf_vntb pci_epf_vntb.0: MSI-X configuration failed
<7>[    5.130000] a word for developers
<12>[    6.000000] a program's warning
<2>[    7.000000] ntb_hw_epf: critical
`;

test("lines at warning level or above are kept, in order, whoever wrote them", () => {
  expect(kernelLog("endpoint", dmesg)).toEqual({
    role: "endpoint",
    lines: [
      {
        level: "warning",
        text: "[    0.021000] cacheinfo: Unable to detect cache hierarchy for CPU 0",
      },
      {
        level: "err",
        text: "[    5.120000] pci_epf_vntb pci_epf_vntb.0: MSI-X configuration failed",
      },
      { level: "warning", text: "[    6.000000] a program's warning" },
      { level: "crit", text: "[    7.000000] ntb_hw_epf: critical" },
    ],
  });
});

test("a PC's log begins with the kernel's version", () => {
  const pc = "<5>[    0.000000] Linux version 7.3.4 (lab@lab)\n<6>[    0.000000] Command line: x\n";
  expect(kernelLog("host", pc)).toEqual({ role: "host", lines: [] });
});

test("a log whose beginning is lost is not read", () => {
  const [, ...later] = dmesg.split("\n");
  expect(kernelLog("host", later.join("\n"))).toMatchObject({
    note: "its log has lost its beginning",
    unread: true,
  });
  expect(kernelLog("host", "")).toMatchObject({ unread: true });
  expect(kernelLog("host", dmesg)).not.toHaveProperty("unread");
});

const nothing = { knownNoise: [], stepOf: () => undefined, inComplaint: () => undefined };

describe("a log that is too long for reports", () => {
  const more = (text: string) =>
    Array.from({ length: 500 }, (_, index) => `${text} ${index}`).join("\n");

  test("lacks its first lines, and says so", () => {
    const log = kernelLog("host", `${dmesg}${more("<4>[   10.000000] line")}\n`);
    const { lines, note } = shortened(log);
    expect(lines).toHaveLength(400);
    expect(lines.at(-1)?.text).toContain("line 499");
    expect(note).toBe("104 lines are left out");
    expect(shortened({ ...log, note: "odd" }).note).toBe("odd; 104 lines are left out");
    expect(shortened(kernelLog("host", dmesg))).toEqual(kernelLog("host", dmesg));
  });

  test("has the errors that nobody expects before all others, known ones as well", () => {
    const known = { ...nothing, knownNoise: [{ pattern: "frames lost", reason: "aborted" }] };
    const long = `${dmesg}${more("<3>[   10.000000] frames lost")}\n`;
    const log = withErrors(kernelLog("host", long), known);
    expect(errorsIn(log).filter(({ known }) => known === undefined)).toHaveLength(2);
    expect(
      shortened(log)
        .lines.slice(0, 3)
        .map(({ text }) => text),
    ).toEqual([
      "[    5.120000] pci_epf_vntb pci_epf_vntb.0: MSI-X configuration failed",
      "[    7.000000] ntb_hw_epf: critical",
      "[   10.000000] frames lost 102",
    ]);
  });
});

test("checks see errors alone, without their times, and which of them are known", () => {
  const knownNoise = [{ pattern: "MSI-X", reason: "it has none" }];
  const log = withErrors(kernelLog("endpoint", dmesg), { ...nothing, knownNoise });
  expect(errorsIn(log)).toEqual([
    {
      on: "endpoint",
      text: "pci_epf_vntb pci_epf_vntb.0: MSI-X configuration failed",
      known: "it has none",
    },
    { on: "endpoint", text: "ntb_hw_epf: critical", known: undefined },
  ]);
});

test("all lines of a complaint are known by one of them", () => {
  const console = [
    "[    1.0] BUG: sleeping function called from invalid context at mm/x.c:1",
    "[    1.1] in_atomic(): 1, irqs_disabled(): 0",
    "[    1.2] Call trace:",
    "[    1.3]  f+0x1/0x2",
    "[    1.4] ---[ end trace 0000000000000000 ]---",
    "[    2.0] foo: no answer",
  ];
  const noise = [{ pattern: "sleeping function called", reason: "reported upstream" }];
  const known = knownComplaints("host", console, noise);
  const log = `${dmesg}${console.map((line) => `<3>${line}\n`).join("")}`;
  const inComplaint = (text: string) => known.get(text);
  const errors = errorsIn(withErrors(kernelLog("host", log), { ...nothing, inComplaint }));
  expect(errors.filter(({ known }) => known === "reported upstream")).toHaveLength(4);
  expect(errors.at(-1)).toMatchObject({ text: "foo: no answer", known: undefined });
  expect(knownComplaints("host", console, []).size).toBe(0);
});

test("of a kernel that does not answer, its console tells what is news, by level, and by words where there is none", () => {
  const console = [
    { at: 1, level: 3, text: "[    1.0] an error before the VM was started again" },
    { at: 2, text: "=== the host VM starts again ===" },
    { at: 3, level: 6, text: "[    0.5] failed to be of interest" },
    { at: 4, level: 4, text: "[    1.5] odd" },
    { at: 5, text: "init: cannot mount" },
    { at: 6, text: "init: mounted" },
  ];
  expect(unasked("host", console, "the guest closed the connection")).toEqual({
    role: "host",
    lines: [
      { level: "err", text: console[0]?.text },
      { level: "warning", text: console[3]?.text },
      { level: null, text: console[4]?.text },
    ],
    note: "it could not be asked for its log (the guest closed the connection): these are lines of its console",
    unread: true,
  });
});

test("errors have their step and the reason why they may be; warnings have neither", () => {
  const knownNoise = [
    { pattern: "critical", reason: "the other side has gone" },
    { pattern: "cacheinfo", reason: "for complaints" },
    { pattern: "MSI-X", reason: "of the other machine", on: "host" as const },
  ];
  const stepOf = ({ text }: { text: string }) =>
    text.includes("MSI-X") ? { id: "configure-function", name: "configure-function" } : undefined;
  const { lines } = withErrors(kernelLog("endpoint", dmesg), {
    ...nothing,
    ...{ knownNoise, stepOf },
  });
  expect(lines.map(({ step, known }) => [step, known])).toEqual([
    [undefined, undefined],
    ["configure-function", undefined],
    [undefined, undefined],
    [undefined, "the other side has gone"],
  ]);
  // What is not known stands as it was.
  expect(lines[1]).toEqual({
    ...kernelLog("endpoint", dmesg).lines[1],
    step: "configure-function",
  });
  expect(lines[3]).not.toHaveProperty("step");
});

test("an error that may come in one step is news in another; of equal ones each has its own", () => {
  const line = { level: "err", text: "[    0.000000] status 0x600b" } as const;
  const knownNoise = [{ pattern: "0x600b", reason: "the link is lost", during: ["loss"] }];
  const stepOf = (_line: { text: string }, behind: number) =>
    [
      { id: "six.reset", name: "reset" },
      { id: "six.loss@2", name: "loss" },
    ][behind];
  const log = { role: "host", lines: [line, line, line] };
  expect(withErrors(log, { ...nothing, knownNoise, stepOf }).lines).toEqual([
    line,
    { ...line, step: "six.loss@2", known: "the link is lost" },
    { ...line, step: "six.reset" },
  ]);
});

test("what a kernel said between two marks is told with them, and reports have none of it", () => {
  const marks = ["loss", "look"].map(
    (step) => `<14>[    8.000000] ntb-edma-lab: the step ${step} begins\n`,
  );
  const log = kernelLog("host", `${dmesg}${marks.join("<3>[    8.1] status 0x600b\n")}`);
  const { lines: before } = kernelLog("host", dmesg);
  expect(log.lines).toEqual([
    ...before.map((line) => ({ ...line, between: { after: undefined, before: "loss" } })),
    {
      ...{ level: "err", text: "[    8.1] status 0x600b" },
      between: { after: "loss", before: "look" },
    },
  ]);
  const knownNoise = [{ pattern: "0x600b", reason: "the link is lost", during: ["loss"] }];
  const stepOf = ({ between }: { between?: BetweenMarks }) =>
    between?.after === undefined ? undefined : { id: `six.${between.after}`, name: between.after };
  const { lines } = withErrors(log, { ...nothing, knownNoise, stepOf });
  expect(lines.at(-1)).toEqual({
    ...{ level: "err", text: "[    8.1] status 0x600b" },
    ...{ step: "six.loss", known: "the link is lost" },
  });
  expect(lines.some((line) => "between" in line)).toBe(false);
});

test("each kernel is asked, in time that goes by the machine; one that is gone has its console, and so has one that ran before", async () => {
  const asked: ExecOptions[] = [];
  const ssh = {
    check: async (_command: string, options: ExecOptions) => {
      asked.push(options);
      return { stdout: dmesg };
    },
  };
  const lines = [{ at: 0, level: 3, text: "[  1.0] no answer -5" }];
  const before = [
    { at: 0, level: 2, text: "[  1.0] gone" },
    { at: 1, level: 5, text: "[  2.0] by the way" },
  ];
  const lab = {
    consoles: {
      endpoint: { lines: before, formerLines: before },
      host: { lines, formerLines: [] },
    },
    vm: (name: string) => {
      if (name === "host") throw new Error("the host VM is off");
      return { ssh };
    },
  } as unknown as RunningLab;
  const { signal } = new AbortController();
  const logs = await kernelLogs(lab, { timeScale: 3, signal });
  const { lines: logged } = kernelLog("endpoint", dmesg);
  expect(logs).toEqual([
    { role: "endpoint", lines: [{ level: "crit", text: "[  1.0] gone" }, ...logged] },
    unasked("host", lines, "the host VM is off"),
  ]);
  expect(asked).toMatchObject([{ ms: 15_000, signal }]);
});
