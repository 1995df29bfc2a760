// SPDX-License-Identifier: MIT
import { describe, expect, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../../errors.ts";
import { ComplaintError, ConnectionLostError, GuestError } from "../../lab/errors.ts";
import type { StartedLab } from "../../lab/lab.ts";
import { excerptsOf, exitStatusOf, explainFailure, InterruptedError } from "./failure.ts";

const crash = new GuestError("host VM: oops");
const complaint = (message: string) =>
  new ComplaintError(message, [], { role: "host", kind: "WARN", trace: [], lines: [], at: 0 });

const letTimePass = vi.fn();

/** A lab whose watch tells of a crash at once, a moment later, or never. */
function lab(told: "before" | "after" | "never"): StartedLab {
  const watch = new AbortController();
  if (told === "before") watch.abort(crash);
  if (told === "after") setTimeout(() => watch.abort(crash), 20);
  return { signal: watch.signal, letTimePass } as unknown as StartedLab;
}

describe("the error that says most", () => {
  const lost = new ConnectionLostError("the connection broke");
  const infrastructure = new InfrastructureError("iperf3 lost its server");

  test.each([lost, infrastructure])("is the crash that %s was the first sign of", async (sign) => {
    letTimePass.mockClear();
    expect(await explainFailure(sign, lab("after"))).toBe(crash);
    // A kernel that is held prints nothing.
    expect(letTimePass).toHaveBeenCalledOnce();
    expect(await explainFailure(sign, lab("before"))).toBe(crash);
  });
  test("is the error itself where no crash is told", async () => {
    expect(await explainFailure(lost, lab("never"))).toBe(lost);
  });
  test("is what a guest refused, without waiting for more", async () => {
    const refused = new GuestError("no such device");
    expect(await explainFailure(refused, lab("after"))).toBe(refused);
    expect(await explainFailure(refused, lab("before"))).toBe(crash);
  });
  test("is a kernel's complaint, and any where there is no lab", async () => {
    const said = complaint("host VM: WARN");
    expect(await explainFailure(said, lab("before"))).toBe(said);
    expect(await explainFailure(lost, undefined)).toBe(lost);
  });
});

test("an exit status is the error's own, or says that the run could not be judged", () => {
  const odd = Object.assign(new Error("x"), { exitStatus: "1" });
  const errors = [
    crash,
    new UsageError("x"),
    new InfrastructureError("x"),
    new Error("x"),
    odd,
    "x",
  ];
  expect(errors.map(exitStatusOf)).toEqual([1, 2, 125, 125, 125, 125]);
  const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
  expect(signals.map((name) => new InterruptedError(name).exitStatus)).toEqual([129, 130, 143]);
});

describe("what an error has to show", () => {
  test("is its excerpts, or the end of its log and where all of it is", () => {
    const excerpt = { title: "console", lines: ["one"] };
    expect(excerptsOf(new GuestError("x", [excerpt]))).toEqual([excerpt]);
    const log = new InfrastructureError("x", { tail: ["end"], logPath: "/log" });
    expect(excerptsOf(log)).toEqual([{ title: "end of the log", lines: ["end"], file: "/log" }]);
    const tail = new InfrastructureError("x", { tail: ["end"] });
    expect(excerptsOf(tail)).toEqual([{ title: "end of the log", lines: ["end"] }]);
    const path = new InfrastructureError("x", { logPath: "/log" });
    expect(excerptsOf(path)).toEqual([{ title: "end of the log", lines: [], file: "/log" }]);
  });
  test("is the stack of a fault of the program, and nothing of what says all", () => {
    const fault = new TypeError("x is not a function");
    expect(excerptsOf(fault)).toMatchObject([{ title: "stack" }]);
    expect(excerptsOf(fault)[0]?.lines.join("\n")).toBe(fault.stack);
    expect(excerptsOf(new UsageError("x"))).toEqual([]);
    expect(excerptsOf("x")).toEqual([]);
    expect(excerptsOf(new InfrastructureError("x"))).toEqual([]);
    expect(excerptsOf(Object.assign(new Error("x"), { stack: undefined }))).toEqual([]);
  });
});
