// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { InfrastructureError } from "../errors.ts";
import { controlPort, startVm } from "./vm.ts";

test("reads the port that QEMU chose", () => {
  const text = `Hub -1 (ctl):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[HOST_FORWARD]  13       127.0.0.1 38469       10.0.2.15    22     0     0
`;
  expect(controlPort(text)).toBe(38469);
});

test("says what came when there is none", () => {
  expect(() => controlPort("nothing here")).toThrow("nothing here");
});

describe("a QEMU that does not start", () => {
  /** Starts a program of Node.js in QEMU's place, which has QMP's socket as `socket`. */
  function start(script: string, ms = 20_000) {
    const directory = mkdtempSync(join(tmpdir(), "vm-test-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const qmp = join(directory, "qmp");
    const program = `const socket = ${JSON.stringify(qmp)}; ${script}`;
    const command = {
      ...{ name: "host VM", binary: process.execPath, args: ["-e", program] },
      ...{ consoleLog: join(directory, "console.log"), qemuLog: join(directory, "qemu.log") },
    };
    const watch = { isKnown: () => false, report: () => {} };
    const { signal } = new AbortController();
    return startVm("host", command, { qmp }, { ms, signal }, watch);
  }

  test("though it has connected says why in its own words", async () => {
    const dies = `require("node:net").connect(socket, function () {
      this.end();
      console.error("qemu: no such device");
      setTimeout(() => process.exit(1), 100);
    })`;
    const started = start(dies);
    await expect(started).rejects.toBeInstanceOf(InfrastructureError);
    await expect(started).rejects.toMatchObject({
      message: "host VM: QEMU ended with status 1: qemu: no such device",
      tail: ["qemu: no such device"],
      logPath: expect.stringMatching(/qemu\.log$/),
    });
  });

  test("and says nothing is told as that, with the last ten lines where it says much", async () => {
    await expect(start("process.exit(4)")).rejects.toThrow(
      "host VM: QEMU ended with status 4: it printed no error",
    );
    const much = "for (let n = 0; n < 20; n++) console.error(n); process.exitCode = 4";
    await expect(start(much)).rejects.toMatchObject({
      tail: Array.from({ length: 10 }, (_, n) => String(n + 10)),
    });
  });

  test("and does not end is no fault of a guest, and does not stay", async () => {
    const started = start(
      "process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)",
      900,
    );
    await expect(started).rejects.toBeInstanceOf(InfrastructureError);
    await expect(started).rejects.toThrow("waited 0.9 s for QEMU of the host VM to start");
  });
});
