// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { ConsoleLine } from "../../lab/console.ts";
import { ComplaintError } from "../../lab/errors.ts";
import { knownBy } from "../../scenario/known-noise.ts";
import { type Role, roles } from "../../scenario/topology/graph.ts";
import { complaintsOfLate } from "./complaints-of-late.ts";

const warning =
  "[  7.1] WARNING: drivers/ntb/core.c:77 at ntb_register_device+0x10/0x80, CPU#0: modprobe/99";

/** Consoles of which one has a line. */
function consoles(of: Role, text: string) {
  const lines: ConsoleLine[] = [{ at: 1, text }];
  const quiet = { file: "quiet.log", lines: [] as ConsoleLine[] };
  const lab = { consoles: { host: quiet, endpoint: quiet, [of]: { file: `${of}.log`, lines } } };
  return { lab: lab as unknown as Parameters<typeof complaintsOfLate>[0], lines };
}

test.each(roles)("a complaint that came with the last step is told: %s", async (role) => {
  const told = complaintsOfLate(consoles(role, warning).lab, knownBy([]));
  await expect(told).rejects.toBeInstanceOf(ComplaintError);
  await expect(told).rejects.toMatchObject({
    message: expect.stringMatching(`^${role} VM: WARN: WARNING: drivers/ntb/core\\.c:77 `),
    complaint: { role },
  });
});

test("the stack that is still printed is waited for", async () => {
  const { lab, lines } = consoles("host", warning);
  const told = complaintsOfLate(lab, knownBy([]));
  lines.push({ at: 2, text: "[  7.1] Call trace:" });
  lines.push({ at: 3, text: "[  7.1]  ntb_register_device+0x10/0x80" });
  await expect(told).rejects.toMatchObject({
    complaint: { trace: expect.arrayContaining(["[  7.1] Call trace:"]) },
  });
});

test("one of which its stack tells that it is known is none", async () => {
  const { lab, lines } = consoles("host", warning);
  const noise = [{ pattern: "known_function", reason: "reported", on: "host" as const }];
  const told = complaintsOfLate(lab, knownBy(noise));
  lines.push({ at: 2, text: "[  7.1] Call trace:" });
  lines.push({ at: 3, text: "[  7.1]  known_function+0x10/0x80" });
  await told;
});

test("what is no complaint, and what is known noise, is not", async () => {
  await complaintsOfLate(consoles("host", "[  7.1] ntb: all is well").lab, knownBy([]));
  const noise = [{ pattern: "drivers/ntb/core.c", reason: "reported", on: "host" as const }];
  await complaintsOfLate(consoles("host", warning).lab, knownBy(noise));
});
