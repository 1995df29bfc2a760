// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { GuestConsole } from "./console.ts";
import { unknownComplaint, watchGuest } from "./crash.ts";
import type { QemuExit, QemuProcess } from "./qemu.ts";

const lines = [
  "booting",
  "WARNING: possible circular locking dependency detected",
  "irq/15-pciehp/31 is trying to acquire lock:",
  " pciehp_configure_device+0x3c/0x21c",
  "pci 0000:01:00.0: BAR 0",
  "WARNING: drivers/x.c:5 at f+0x1/0x2",
  "Call trace:",
  " ntb_transport_rx+0x1/0x2",
  "---[ end trace 0000000000000000 ]---",
  "pciehp again",
].map((text) => ({ text }));

const known = (pattern: RegExp) => (_role: string, said: readonly string[]) =>
  said.some((line) => pattern.test(line));

test("a complaint is known by any of its lines", () => {
  expect(unknownComplaint("host", lines, known(/pciehp_configure_device/))?.index).toBe(5);
  expect(unknownComplaint("host", lines, known(/pciehp_conf|ntb_transport_rx/))).toBeUndefined();
});

test("but not by the lines of another one, nor by what comes behind its trace", () => {
  expect(unknownComplaint("host", lines, known(/drivers\/x/))?.index).toBe(1);
  expect(unknownComplaint("host", lines, known(/pciehp again/))?.index).toBe(1);
});

test("from a line on", () => {
  expect(unknownComplaint("host", lines, known(/nothing/), 6)).toBeUndefined();
});

describe("who watches a guest", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  /** A VM that prints and ends as the test says, watched from `before` on; what was told of it. */
  async function watched(before: readonly string[] = [], isKnown = known(/known/)) {
    const directory = mkdtempSync(join(tmpdir(), "crash-test-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const printed = new PassThrough();
    const guest = new GuestConsole(join(directory, "console.log"));
    const ended = guest.follow(printed);
    onTestFinished(async () => {
      printed.destroy();
      await ended;
    });
    const say = async (...texts: string[]) => {
      for (const text of texts) printed.write(`${text}\n`);
      await new Promise(setImmediate);
    };
    await say(...before);
    let end = (_exit: QemuExit) => {};
    const exited = new Promise<QemuExit>((resolve) => {
      end = resolve;
    });
    const vm = { name: "host VM", console: guest, exited } as unknown as QemuProcess;
    const told: Error[] = [];
    const judging: string[] = [];
    const toldOf = () => {
      judging.push("heard");
      return () => void judging.push("judged");
    };
    const stop = watchGuest("host", vm, isKnown, (error) => told.push(error), toldOf);
    const exit = async (status: number | undefined, stderr: string[] = [], signal?: string) => {
      end({ status, signal, stderr });
      await new Promise(setImmediate);
    };
    return { say, told, judging, stop, exit };
  }

  const warn = "[    5.1] WARNING: drivers/x.c:5 at f+0x1/0x2";

  test("tells of a complaint once, when the kernel has been quiet for 0.3 s", async () => {
    const { say, told } = await watched();
    await say("booting", warn);
    vi.advanceTimersByTime(299);
    await say("Call trace:");
    vi.advanceTimersByTime(299);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toMatchObject([{ message: "host VM: WARN: WARNING: drivers/x.c:5 at f+0x1/0x2" }]);
    await say(warn);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(1);
  });

  test("waits no longer than 4 s for a kernel that is never quiet", async () => {
    const { say, told } = await watched();
    await say(warn);
    for (let ms = 0; ms < 3900; ms += 100) {
      vi.advanceTimersByTime(100);
      await say("more");
    }
    expect(told).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(told).toHaveLength(1);
  });

  test("says nothing of what a guest printed before, of what is no complaint, and of what is known", async () => {
    const { say, told, judging } = await watched([warn]);
    expect(judging).toEqual([]);
    await say("booted", "[    6.0] WARNING: known.c:7 at g+0x1/0x2");
    // Its stack is still to come: whoever holds the guest has to let it go on.
    expect(judging).toEqual(["heard"]);
    vi.advanceTimersByTime(10_000);
    expect(judging).toEqual(["heard", "judged"]);
    // A guest that only prints costs no timers.
    await say("fine");
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toEqual([]);
    await say(warn);
    vi.advanceTimersByTime(300);
    expect(told).toMatchObject([{ complaint: { kind: "WARN", lines: [warn] }, followedBy: [] }]);
  });

  test("names the function in which it was where the headline does not", async () => {
    const { say, told } = await watched();
    await say(
      "Unable to handle kernel NULL pointer dereference",
      "pc : rx+0x1c/0x80 [ntb_transport]",
    );
    vi.advanceTimersByTime(300);
    const [error] = told;
    expect(error?.message).toBe(
      "host VM: oops: Unable to handle kernel NULL pointer dereference, in rx",
    );
    expect(error).toMatchObject({
      excerpts: [
        {
          title: "host VM: console around it",
          lines: expect.arrayContaining(["pc : rx+0x1c/0x80 [ntb_transport]"]),
        },
      ],
    });
  });

  test("a guest that dies while it complains has complained, and not switched itself off", async () => {
    const { say, told, exit } = await watched();
    await say(warn);
    await exit(0);
    expect(told).toMatchObject([{ message: expect.stringContaining("WARN") }]);
  });

  test("a guest that switches itself off has failed, with the end of its console", async () => {
    const { say, told, exit } = await watched();
    await say("Power down");
    await exit(0);
    expect(told).toMatchObject([
      {
        exitStatus: 1,
        message: "host VM: the guest switched itself off",
        excerpts: [{ title: "host VM: end of the console", lines: ["Power down"] }],
      },
    ]);
  });

  test.each([
    [1, ["first", "bad device"], undefined, "host VM: QEMU ended with status 1: bad device"],
    [3, [..."0123456789abc"], undefined, "host VM: QEMU ended with status 3: c"],
    [undefined, [], "SIGSEGV", "host VM: QEMU was killed by SIGSEGV: it printed no error"],
  ])(
    "a QEMU that ends with %s is nothing of the guest's",
    async (status, stderr, signal, message) => {
      const { told, exit } = await watched();
      await exit(status, stderr, signal);
      expect(told).toMatchObject([{ exitStatus: 125, message, tail: stderr.slice(-10) }]);
    },
  );

  test("tells of nothing once it has been stopped", async () => {
    const { say, told, stop, exit } = await watched();
    await say(warn);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    await say(warn);
    expect(vi.getTimerCount()).toBe(0);
    await exit(0);
    expect(told).toEqual([]);
  });
});
