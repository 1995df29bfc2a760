// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { isError, loggedLines, loggedSince } from "./dmesg.ts";

const before = `<6>[    0.000000] Booting Linux
<3>[    1.000000] an error of before
`;
const after = `${before}<3>[    2.000000] pci_epf_test.0: MSI-X configuration failed
<4>[    2.100000] a warning
<11>[    2.200000] a program's error
`;

test("what was logged since is what stands behind the last line of before", () => {
  expect(loggedSince(before, after).map(({ text }) => text.slice(15))).toEqual([
    "pci_epf_test.0: MSI-X configuration failed",
    "a warning",
    "a program's error",
  ]);
  expect(loggedSince(after, after)).toEqual([]);
});

test("a log that ran over meanwhile is all new: an error may be told twice, but not missed", () => {
  const [, ...kept] = after.split("\n").slice(1);
  expect(loggedSince(before, kept.join("\n"))).toHaveLength(3);
  expect(loggedSince("", after)).toHaveLength(4);
});

test("errors are those at error level or above, whoever logged them", () => {
  expect(loggedLines(after).map(isError)).toEqual([true, true, false, true]);
  expect(isError({ level: null })).toBe(false);
});
