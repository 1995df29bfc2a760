// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { knownBy, reasonIn } from "./known-noise.ts";

const isKnown = knownBy([
  { pattern: "ntb_epf_send_command", reason: "nobody answers", on: "host" },
  { pattern: "^kmemleak: ", reason: "reported" },
]);
const trace = ["WARNING: drivers/x.c:5 at f+0x1/0x2", " ntb_epf_send_command+0x1/0x2"];

test("any line of a complaint makes it a known one, in the guest that it is known of", () => {
  expect(isKnown("host", trace)).toBe(true);
  expect(isKnown("endpoint", trace)).toBe(false);
  expect(isKnown("host", trace.slice(0, 1))).toBe(false);
});

test("what names no guest is known of both", () => {
  const leak = ["kmemleak: 1 new suspected memory leaks"];
  expect([isKnown("host", leak), isKnown("endpoint", leak)]).toEqual([true, true]);
  expect(knownBy([])("host", leak)).toBe(false);
});

test("what names steps may come in those alone, and is no complaint's excuse", () => {
  const noise = [{ pattern: "status 0x600b", reason: "aborted", during: ["link-lost", "death"] }];
  const error = ["nvmet: status 0x600b"];
  expect(reasonIn(noise, "host", error, "link-lost")).toBe("aborted");
  expect(reasonIn(noise, "host", error, "death")).toBe("aborted");
  expect(reasonIn(noise, "host", error, "reset")).toBeUndefined();
  expect(reasonIn(noise, "host", error)).toBeUndefined();
  expect(knownBy(noise)("host", error)).toBe(false);
});

test("the reason is that of the first rule that knows it", () => {
  const noise = [
    { pattern: "nothing", reason: "one" },
    { pattern: "send_command", reason: "two" },
    { pattern: "WARNING", reason: "three" },
  ];
  expect(reasonIn(noise, "host", trace)).toBe("two");
  expect(reasonIn(noise, "host", ["all is well"])).toBeUndefined();
});
