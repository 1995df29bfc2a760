// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { consolesTogether } from "./console-timeline.ts";

const lab = {
  consoles: {
    host: {
      file: "host-console.log",
      lines: [
        { at: 1000, text: "too early" },
        { at: 2000, text: "[ 1.0] Card not present" },
        { at: 2600, text: "  " },
        { at: 3000, text: "[ 1.5] the last" },
      ],
    },
    endpoint: {
      file: "endpoint-console.log",
      lines: [
        { at: 2500, text: "[ 0.9] link down" },
        { at: 2501, text: " frame" },
      ],
    },
  },
};

test("both consoles on one time line", () => {
  const [excerpt] = consolesTogether(
    lab,
    { from: 2000, to: 3000 },
    (at) => at - 500,
    (line) => line === " frame",
  );
  expect(excerpt?.title).toBe("both consoles, in seconds since boot");
  expect(excerpt?.lines).toEqual([
    "   1.500 host     [ 1.0] Card not present",
    "   2.000 endpoint [ 0.9] link down",
    "   2.500 host     [ 1.5] the last",
  ]);
  // Where nothing is shown elsewhere, all of it.
  const [all] = consolesTogether(lab, { from: 2500, to: 2600 }, (at) => at);
  expect(all?.lines.map((line) => line.slice(18))).toEqual(["[ 0.9] link down", " frame"]);
});

test("nothing when nobody said anything", () => {
  expect(consolesTogether(lab, { from: 5000, to: 6000 }, (at) => at)).toEqual([]);
});

test("of too many lines the last ones", () => {
  const lines = Array.from({ length: 50 }, (_, index) => ({ at: index, text: `line ${index}` }));
  const [excerpt] = consolesTogether(
    { consoles: { host: { file: "", lines }, endpoint: { file: "", lines: [] } } },
    { from: 0, to: 100 },
    (at) => at,
  );
  expect(excerpt?.title).toContain("without 10 earlier lines");
  expect(excerpt?.lines).toHaveLength(40);
});
