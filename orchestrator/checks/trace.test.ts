// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { FoundEvent } from "./findings.ts";
import { judge } from "./registry.ts";
import { trace } from "./trace.ts";

const event = (text: string, step = "link", on: FoundEvent["on"] = "endpoint"): FoundEvent => ({
  ...{ on, text, step },
  name: text.split(" ")[0] ?? "",
});
const events = [
  event("dwc_bar 0: size 0x10000", "configure"),
  event("dwc_iatu_write 0x00100: 0x1"),
  event("dwc_edma_doorbell write 0: link 0", "tcp@1"),
  event("dwc_edma_doorbell read 0: link 1", "tcp@2"),
  event("dwc_edma_rest write 0: state 3", "tcp@2"),
  event("dwc_function_bar BAR 0 size 0x10000", "tcp@2", "host"),
];

function judged(fields: object, found: readonly FoundEvent[] | undefined = events) {
  const params = trace.schema.parse(fields);
  const findings = {
    ...{ consoles: { host: [], endpoint: [] }, metrics: [], complete: true, trace: found },
    evidence: ["configure", "tcp"].map((id) => ({ id, kind: "shell", data: {} })) as never,
  };
  const [result] = judge([{ kind: "trace", id: "t", title: "t", params }], findings);
  return result;
}

describe("events are counted", () => {
  test("one at least, where nothing else is said", () => {
    expect(judged({ event: "dwc_bar" })).toMatchObject({ status: "pass", measured: 1 });
    expect(judged({ event: "dwc_edma_abort" })).toMatchObject({
      status: "fail",
      reason: "0 events dwc_edma_abort, expected at least 1",
    });
  });
  test("not more than, with the one too many", () => {
    expect(judged({ event: "dwc_edma_*", max: 3 })).toMatchObject({ status: "pass" });
    expect(judged({ event: "dwc_edma_abort", max: 0 })).toMatchObject({ status: "pass" });
    expect(judged({ event: "dwc_edma_*", max: 1 })?.reason).toBe(
      "3 events dwc_edma_*, expected at least 0, at most 1; the one too many is: dwc_edma_doorbell read 0: link 1",
    );
  });
  test("by what they say, on which VM, and in which step, its rounds together", () => {
    expect(judged({ event: "dwc_edma_doorbell", says: "link 1$", max: 1 })?.measured).toBe(1);
    expect(judged({ event: "dwc_*", on: "host" })?.measured).toBe(1);
    expect(judged({ event: "dwc_*", of: "tcp" })?.measured).toBe(4);
    expect(judged({ event: "dwc_*", of: "configure" })?.measured).toBe(1);
  });
});

test("a step that is named has to be there, and to have left something", () => {
  const params = trace.schema.parse({ event: "dwc_bar", of: "typo", max: 0 }) as { of: string };
  expect(trace.references(params)).toEqual([{ field: "of", id: "typo" }]);
  expect(judged({ event: "dwc_bar", of: "typo", max: 0 })).toMatchObject({
    status: "skip",
    reason: 'the step "typo" has left no evidence',
  });
});

describe("order", () => {
  const doorbell = { event: "dwc_edma_doorbell" };
  test("is that of the first of each", () => {
    expect(
      judged({ event: "dwc_bar", "followed-by": [doorbell, { event: "dwc_edma_rest" }] })?.status,
    ).toBe("pass");
    expect(judged({ event: "dwc_edma_rest", "followed-by": [doorbell] })?.reason).toBe(
      "dwc_edma_doorbell came before dwc_edma_rest: dwc_edma_doorbell write 0: link 0",
    );
  });
  test("takes an event for one of them, also where it fits several", () => {
    const once = { event: "dwc_iatu_write" };
    expect(judged({ ...once, "followed-by": [once] })?.reason).toBe("no event dwc_iatu_write");
    expect(judged({ event: "dwc_edma_doorbell", "followed-by": [doorbell] })?.status).toBe("pass");
  });
  test("wants each of them", () => {
    expect(judged({ event: "dwc_bar", "followed-by": [{ event: "dwc_edma_abort" }] })?.reason).toBe(
      "no event dwc_edma_abort",
    );
  });
});

test("a run of which nothing was traced has nothing to judge", () => {
  expect(judged({ event: "dwc_bar" }, [])?.status).toBe("fail");
  const params = trace.schema.parse({ event: "dwc_bar", max: 0 });
  const nothing = {
    evidence: [],
    consoles: { host: [], endpoint: [] },
    metrics: [],
    complete: true,
  };
  const [result] = judge([{ kind: "trace", id: "t", title: "t", params }], nothing);
  expect(result?.status).not.toBe("pass");
  expect(trace.traces({ event: "dwc_bar", "followed-by": [{ event: "dwc_iatu_*" }] })).toEqual([
    "dwc_bar",
    "dwc_iatu_*",
  ]);
});
