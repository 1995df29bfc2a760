// SPDX-License-Identifier: MIT
//
// Which way commands take into a guest with virtual time: here neither of them leads anywhere.
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { CommandPort, PortResult } from "./command-port.ts";
import type { Deadline } from "./deadline.ts";
import type { Lockstep } from "./lockstep.ts";
import { SshConnection } from "./ssh.ts";

const bySsh = { status: 0, stdout: "by SSH", stderr: "", command: "", ms: 1 };

function guest(takes = true, begins = true) {
  const asked: { command: string; deadline: Deadline }[] = [];
  const port = {
    takes: (command: string) => takes && !command.includes("too long"),
    run: async (command: string, deadline: Deadline): Promise<PortResult | undefined> => {
      asked.push({ command, deadline });
      if (!begins) return undefined;
      return { status: 3, stdout: "by port", stderr: "oops" };
    },
  } as unknown as CommandPort;
  let passed = 0;
  const lockstep = {
    whileTimePasses: async () => {
      passed++;
      return bySsh;
    },
  } as unknown as Lockstep;
  const target = { name: "host VM", port: 1, login: "", hostKey: Buffer.alloc(0) };
  const ssh = SshConnection.later(target, 1, { port, lockstep });
  return { ssh, asked, passed: () => passed };
}

test("a plain command goes by the port, as it is arranged, and is told as it was asked for", async () => {
  const { ssh, asked, passed } = guest();
  const { signal } = new AbortController();
  ssh.arrange((command, hasInput) => `${hasInput}: ${command}`);
  const began = performance.now();
  const result = await ssh.run("look", { ms: 7, what: "looking", signal });
  expect(asked).toEqual([
    { command: "false: look", deadline: { ms: 7, what: "looking in the host VM", signal } },
  ]);
  expect(result).toMatchObject({ command: "look", status: 3, stdout: "by port", stderr: "oops" });
  expect(result.ms).toBeLessThanOrEqual(performance.now() - began);
  expect(passed()).toBe(0);
});

test.each([
  ["has input to come", { input: new AbortController().signal }, "x"],
  ["has input", { stdin: Buffer.from("x") }, "x"],
  ["is listened to", { onOutput: () => {} }, "x"],
  ["the port does not take", {}, "too long"],
])("a command that %s goes by SSH, while time passes", async (_what, more, command) => {
  const { ssh, asked, passed } = guest();
  expect(await ssh.run(command, { ms: 7, what: "looking", ...more })).toBe(bySsh);
  expect(asked).toEqual([]);
  expect(passed()).toBe(1);
});

test("one that was never begun, for the one before it did not end, goes by SSH", async () => {
  const { ssh, asked, passed } = guest(true, false);
  expect(await ssh.run("look", { ms: 7, what: "looking" })).toBe(bySsh);
  expect([asked.length, passed()]).toEqual([1, 1]);
});

test("a login that fails, or whose command is given up, is none for good", async () => {
  let attempts = 0;
  const server = createServer((socket) => {
    attempts++;
    socket.destroy();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const way = {
    port: { takes: () => false } as unknown as CommandPort,
    lockstep: { whileTimePasses: (work: () => unknown) => work() } as unknown as Lockstep,
  };
  const target = { name: "host VM", port, login: "", hostKey: Buffer.alloc(0) };
  const ssh = SshConnection.later(target, 5000, way);
  const look = (signal?: AbortSignal) => ssh.run("look", { ms: 5000, what: "looking", signal });
  await expect(look()).rejects.toThrow("host VM: no SSH login");
  await expect(look(AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  await expect(look()).rejects.toThrow("host VM: no SSH login");
  expect(attempts).toBeGreaterThanOrEqual(2);
});
