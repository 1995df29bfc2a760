// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { ConsoleLine } from "../../lab/console.ts";
import { playedClock } from "../../steps/testing/played-clock.ts";
import { consolesQuiet, type Later, laterComplaints } from "./later-complaints.ts";

const warn = (at: number, where = "drivers/ntb/core.c:77") => [
  { at, text: `[  7.1] WARNING: ${where} at ntb_register_device+0x10/0x80, CPU#0: modprobe/99` },
  { at: at + 1, text: "[  7.1] Call trace:" },
  { at: at + 2, text: "[  7.1]  ntb_register_device+0x10/0x80" },
  { at: at + 3, text: "[  7.1] ---[ end trace 0000000000000000 ]---" },
];
const oops = (at: number) => [
  { at, text: "[  7.9] Unable to handle kernel NULL pointer dereference at 0000000000000010" },
  { at: at + 1, text: "[  7.9] Internal error: Oops: 0000000096000004 [#1]  SMP" },
  { at: at + 2, text: "[  7.9] pc : ntb_epf_spad_write+0x4c/0xb8 [ntb_hw_epf]" },
  { at: at + 3, text: "[  7.9] ---[ end trace 0000000000000000 ]---" },
  { at: at + 4, text: "[  7.9] Kernel panic - not syncing: Oops: Fatal exception" },
];

function lab(host: readonly ConsoleLine[], endpoint: readonly ConsoleLine[] = []) {
  return {
    consoles: {
      host: { file: "/out/host-console.log", lines: host },
      endpoint: { file: "/out/endpoint-console.log", lines: endpoint },
    },
  };
}

const first = { role: "host", kind: "WARN", at: 1000, trace: [] } as const;
const nothingKnown = () => false;

test("the oops that follows a warning is found, with its own lines and not as a panic once more", () => {
  const found = laterComplaints(lab([...warn(1000), ...oops(1800)]), first, nothingKnown);
  expect(found.map(({ message }) => message)).toEqual([
    "host VM: oops: Unable to handle kernel NULL pointer dereference at 0000000000000010, in ntb_epf_spad_write",
  ]);
  expect(found[0]?.complaint).toMatchObject({ role: "host", at: 1800 });
  expect(found[0]?.complaint.trace.join("\n")).toContain("pc : ntb_epf_spad_write");
  expect(found[0]?.file).toBe("/out/host-console.log");
});

test("the other kernel's complaints count from that time on, and what may be said does not", () => {
  const before = warn(500, "drivers/a.c:1");
  const after = [...warn(1500, "drivers/b.c:2"), ...warn(1600, "drivers/noise.c:3")];
  const found = laterComplaints(lab(warn(1000), [...before, ...after]), first, (_role, lines) =>
    lines.some((line) => line.includes("noise.c")),
  );
  expect(found.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^endpoint VM: WARN: WARNING: drivers\/b\.c:2 /),
  ]);
});

test("a kernel that repeats itself is told of once, and of very many complaints the first ones", () => {
  const again = [1100, 1200, 1300].flatMap((at) => warn(at, "drivers/b.c:2"));
  expect(laterComplaints(lab([...warn(1000), ...again]), first, nothingKnown)).toHaveLength(1);
  const words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
  const many = words.flatMap((word, index) => warn(1100 + index * 10, `drivers/${word}.c:2`));
  const found = laterComplaints(lab([...warn(1000), ...many]), first, nothingKnown);
  expect(found.map(({ complaint }) => complaint.at)).toEqual([1100, 1110, 1120, 1130]);
});

test("complaints of both kernels stand in the order of time, one of the very same time among them", () => {
  const host = [...warn(1000), ...warn(1300, "drivers/c.c:3")];
  const endpoint = [...warn(1000, "drivers/a.c:1"), ...warn(1200, "drivers/b.c:2")];
  const files = (found: readonly Later[]) =>
    found.map(({ message }) => /drivers\/(?:ntb\/)?\w+\.c/.exec(message)?.[0]);
  expect(files(laterComplaints(lab(host, endpoint), first, nothingKnown))).toEqual([
    ...["drivers/a.c", "drivers/b.c", "drivers/c.c"],
  ]);
  // A kernel that has said nothing since has complained of nothing since.
  expect(laterComplaints(lab(warn(1000), warn(500, "drivers/a.c:1")), first, nothingKnown)).toEqual(
    [],
  );
});

test("a kernel that never stops printing is not waited for", async () => {
  // Each look at the clock finds it almost so much later as is waited for at most.
  playedClock(3950);
  await consolesQuiet(lab([{ at: 1e9, text: "always more" }]));
});

test("what a kernel still prints is waited for", async () => {
  const lines: ConsoleLine[] = [{ at: performance.now(), text: "now" }];
  const printing = setInterval(() => lines.push({ at: performance.now(), text: "more" }), 50);
  setTimeout(() => clearInterval(printing), 400);
  await consolesQuiet(lab(lines));
  const heard = lines.length;
  expect(heard).toBeGreaterThan(3);
  // Nothing came after: it was quiet.
  expect(performance.now() - (lines.at(-1)?.at ?? 0)).toBeGreaterThanOrEqual(299);
});
