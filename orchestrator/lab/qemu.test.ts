// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { watchGuest } from "./crash.ts";
import { before } from "./deadline.ts";
import { describeExit, type QemuProcess, startQemu } from "./qemu.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qemu-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Starts a shell script in QEMU's place. */
function start(script: string, predecessor?: QemuProcess): QemuProcess {
  const binary = join(directory, "qemu");
  writeFileSync(binary, `#!/bin/sh\n${script}\n`);
  chmodSync(binary, 0o755);
  return startQemu(
    {
      name: "host VM",
      binary,
      args: [],
      env: { PLAYED: "so" },
      consoleLog: join(directory, "console.log"),
      qemuLog: join(directory, "qemu.log"),
    },
    predecessor,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie of another parent is as good as gone.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited 5 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function childPid(qemu: QemuProcess): number {
  return Number(/child (\d+)/.exec(qemu.console.lines.map((l) => l.text).join("\n"))?.[1]);
}

test("killing ends the whole process group and completes the logs", async () => {
  const qemu = start('echo trouble >&2; sleep 1000 & echo "child $!"; wait');
  await before({ ms: 5000, what: "output" }, qemu.console.waitFor("child"));
  const child = childPid(qemu);
  expect(isAlive(child)).toBe(true);
  await qemu.kill();
  await until("the child to end", () => !isAlive(child));
  expect(isAlive(qemu.pid)).toBe(false);
  expect(readFileSync(join(directory, "console.log"), "utf8")).toBe(`child ${child}\n`);
  expect(readFileSync(join(directory, "qemu.log"), "utf8")).toBe("trouble\n");
  await qemu.kill(); // a second time is harmless
});

test("one that cannot be ended is told", async () => {
  const qemu = start("sleep 1000");
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  onTestFinished(() => kill.mockRestore());
  await expect(qemu.kill()).rejects.toThrow("kill EPERM");
  kill.mockRestore();
  await qemu.kill();
});

test("what takes the console's place in the directory for temporary files does not stay", async () => {
  vi.stubEnv("TMPDIR", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  await start("echo so").exited;
  expect(readdirSync(directory).sort()).toEqual([...["console.log", "qemu", "qemu.log"]]);
});

test("QEMU ends with an orchestrator that was itself killed", async () => {
  const script = `
    import { startQemu } from ${JSON.stringify(join(import.meta.dirname, "qemu.ts"))};
    const qemu = startQemu({ name: "x", binary: "sleep", args: ["1000"],
      consoleLog: ${JSON.stringify(join(directory, "c"))}, qemuLog: ${JSON.stringify(join(directory, "q"))} });
    console.log(qemu.pid);`;
  const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", script]);
  const pid = await new Promise<number>((resolve) => {
    parent.stdout.once("data", (text) => resolve(Number(text)));
  });
  await until("sleep to run", () => /sleep/.test(readFileSync(`/proc/${pid}/comm`, "utf8")));
  parent.kill("SIGKILL");
  await until("QEMU to end", () => !isAlive(pid));
});

const unknown = () => false;

test("a crash is told with the lines around it, once the kernel has finished printing", async () => {
  const qemu = start(`echo booting
echo '[    5.0] Unable to handle kernel NULL pointer dereference at virtual address 8'
sleep 0.1; echo '[    5.1] pc : ntb_transport_rx+0x1c/0x80'; sleep 1000`);
  const error = await new Promise<Error>((resolve) => watchGuest("host", qemu, unknown, resolve));
  expect(error).toMatchObject({
    exitStatus: 1,
    message:
      "host VM: oops: Unable to handle kernel NULL pointer dereference at virtual address 8, in ntb_transport_rx",
    excerpts: [
      { lines: ["booting", expect.stringContaining("Unable"), expect.stringContaining("pc :")] },
    ],
  });
  await qemu.kill();
});

test("what the scenario knows is not told, what comes after it is", async () => {
  const qemu = start(`echo '[    5.0] WARNING: known.c:7 at known+0x1/0x2'
echo '[    5.1] WARNING: other.c:9 at other+0x1/0x2'; sleep 1000`);
  const isKnown = (_role: string, lines: readonly string[]) =>
    lines.some((line) => line.includes("known.c"));
  const error = await new Promise<Error>((resolve) => watchGuest("host", qemu, isKnown, resolve));
  expect(error).toMatchObject({
    message: "host VM: WARN: WARNING: other.c:9 at other+0x1/0x2",
    complaint: { role: "host", kind: "WARN" },
  });
  await qemu.kill();
});

test("a QEMU that fails is an infrastructure error with its own words", async () => {
  const qemu = start("echo 'qemu: -device foo: not a valid device' >&2; exit 1");
  const error = await new Promise<Error>((resolve) => watchGuest("host", qemu, unknown, resolve));
  expect(error).toMatchObject({
    exitStatus: 125,
    message: "host VM: QEMU ended with status 1: qemu: -device foo: not a valid device",
  });
});

test("ending a VM on purpose is not reported", async () => {
  const qemu = start("sleep 1000");
  const reports: Error[] = [];
  const stop = watchGuest("host", qemu, unknown, (error) => reports.push(error));
  stop();
  await qemu.kill();
  expect(reports).toEqual([]);
});

test("one that takes another's place goes on with its console and its log; a first one begins them", async () => {
  for (const name of ["console.log", "qemu.log"]) writeFileSync(join(directory, name), "old\n");
  const first = start("echo one $PLAYED; echo 1 >&2");
  expect(await first.exited).toEqual({ status: 0, signal: undefined, stderr: ["1"] });
  const second = start("echo two; echo '  ' >&2; echo µ >&2; exit 3", first);
  expect(await second.exited).toEqual({ status: 3, signal: undefined, stderr: ["µ"] });
  const read = (name: string) => readFileSync(join(directory, name), "utf8");
  expect(read("console.log")).toBe("one so\n=== the host VM starts again ===\ntwo\n");
  expect(read("qemu.log")).toBe("1\n  \nµ\n");
  expect(second.console).toBe(first.console);
});

test("what cannot be started is told with what was to start it", () => {
  // With all that is needed but the one.
  symlinkSync("/usr/bin/mkfifo", join(directory, "mkfifo"));
  vi.stubEnv("PATH", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(() => start("exit 0")).toThrow("expected setpriv (package util-linux) to run it");
});

test("how one ended, in words", async () => {
  const killed = start("sleep 1000");
  await killed.kill();
  const exit = await killed.exited;
  expect(describeExit(exit)).toBe("was killed by SIGKILL");
  expect(describeExit({ status: 0, signal: undefined, stderr: [] })).toBe("ended by itself");
  expect(describeExit({ status: 7, signal: undefined, stderr: [] })).toBe("ended with status 7");
});
