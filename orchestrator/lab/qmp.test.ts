// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenForQmp, QmpClient, type QmpListener } from "./qmp.ts";

/** What a fake QEMU answers to a command; nothing means that it stays silent. */
type Answer = (command: { execute: string; arguments: unknown; id: number }) => unknown;

let directory: string;
let listener: QmpListener;
let qemu: Socket;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmp-test-"));
  listener = await listenForQmp(join(directory, "qmp"));
});

afterEach(() => {
  qemu.destroy();
  listener.close();
  rmSync(directory, { recursive: true });
});

async function open(answer: Answer): Promise<QmpClient> {
  qemu = connect(join(directory, "qmp"));
  qemu.on("error", () => {});
  qemu.setEncoding("utf8");
  qemu.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
  qemu.on("data", (text: string) => {
    for (const line of text.trim().split("\n")) {
      const command = JSON.parse(line);
      const said =
        command.execute === "qmp_capabilities" ? { return: {}, id: command.id } : answer(command);
      if (said !== undefined) qemu.write(`${JSON.stringify(said)}\r\n`);
    }
  });
  return QmpClient.open(await listener.connected, { ms: 1000, what: "the fake QEMU" });
}

test("matches answers to commands, whatever their order", async () => {
  const held: number[] = [];
  const client = await open(({ execute, id }) => {
    if (execute === "slow") {
      held.push(id);
      return undefined;
    }
    qemu.write(
      `${JSON.stringify({ return: "fast", id })}\n${JSON.stringify({ return: "slow", id: held[0] })}\n`,
    );
    return undefined;
  });
  const slow = client.execute("slow");
  const fast = client.execute("fast");
  expect(await Promise.all([slow, fast])).toEqual(["slow", "fast"]);
  client.close();
});

test("takes messages that come in pieces", async () => {
  const client = await open(({ id }) => {
    const text = `${JSON.stringify({ return: { status: "running" }, id })}\n`;
    qemu.write(text.slice(0, 7));
    setImmediate(() => qemu.write(text.slice(7)));
    return undefined;
  });
  expect(await client.execute("query-status")).toEqual({ status: "running" });
  client.close();
});

test("hands events to listeners until they stop listening", async () => {
  const client = await open(({ id }) => {
    qemu.write('{"event": "SHUTDOWN", "data": {"guest": true}, "timestamp": {}}\n');
    return { return: {}, id };
  });
  const seen: unknown[] = [];
  const stop = client.onEvent((event) => seen.push(event));
  await client.execute("x");
  stop();
  await client.execute("x");
  expect(seen).toEqual([{ name: "SHUTDOWN", data: { guest: true } }]);
  client.close();
});

test("says which command QEMU refused, and why", async () => {
  const client = await open(({ id }) => ({
    error: { class: "GenericError", desc: "Bus 'rp0' not found" },
    id,
  }));
  await expect(client.execute("device_add")).rejects.toThrow("QMP device_add: Bus 'rp0' not found");
  client.close();
});

test("does not wait for ever; that QEMU is silent is no fault of a guest", async () => {
  const client = await open(() => undefined);
  await expect(client.execute("stop", {}, { ms: 30 })).rejects.toMatchObject({
    exitStatus: 125,
    message: "waited 0 s for QEMU's answer to the QMP command stop",
  });
  client.close();
});

test("fails what is waiting, and what comes later, when the connection ends", async () => {
  const client = await open(() => {
    qemu.destroy();
    return undefined;
  });
  await expect(client.execute("first")).rejects.toThrow("QMP first: the connection ended");
  await expect(client.execute("second")).rejects.toThrow("QMP second: the connection ended");
});

/** What QEMU's end of the connection sees: its end. */
const ended = () => new Promise<void>((resolve) => qemu.once("close", () => resolve()));

/** A QEMU that says this and nothing else. */
async function saying(text: string, ms = 5000): Promise<QmpClient> {
  qemu = connect(join(directory, "qmp"));
  qemu.on("error", () => {});
  qemu.resume();
  qemu.write(text);
  return QmpClient.open(await listener.connected, { ms, what: "the fake QEMU" });
}

test("an event is no greeting: who has not been greeted in time gives the connection up", async () => {
  const opening = saying('{"event": "RESUME", "data": {}}\n', 100);
  const gone = ended();
  await expect(opening).rejects.toThrow("waited 0.1 s for the fake QEMU");
  await gone;
});

test("a QEMU that ends before it greets is told as that", async () => {
  qemu = connect(join(directory, "qmp"));
  const socket = await listener.connected;
  qemu.destroy();
  await expect(QmpClient.open(socket, { ms: 5000, what: "it" })).rejects.toThrow(
    "QMP: closed before QEMU's greeting",
  );
});

test("what is no message of QMP ends the connection, and is told in part", async () => {
  const client = await open(() => {
    qemu.write(`no JSON ${"x".repeat(300)}\n`);
    return undefined;
  });
  const gone = ended();
  const failure = await client.execute("first").catch((error: Error) => error.message);
  expect(failure).toBe(`QMP first: expected a QMP message, got no JSON ${"x".repeat(192)}`);
  await gone;
  await expect(client.execute("second")).rejects.toThrow("QMP second: expected a QMP message");
});

test("a character in two pieces is one, and empty lines are nothing", async () => {
  const client = await open(({ id }) => {
    const bytes = Buffer.from(`\r\n{"return": "µ", "id": ${id}}\n`);
    const half = bytes.indexOf(0xb5);
    qemu.write(bytes.subarray(0, half));
    setImmediate(() => qemu.write(bytes.subarray(half)));
    return undefined;
  });
  expect(await client.execute("x")).toBe("µ");
  client.close();
});

test("who gives up is told why, and an answer that comes later disturbs nobody", async () => {
  const late: number[] = [];
  const client = await open(({ execute, id }) => {
    if (execute === "late") {
      late.push(id);
      return undefined;
    }
    qemu.write(`${JSON.stringify({ return: "for the other", id: late[0] })}\n`);
    return { return: "here", id };
  });
  const stop = new AbortController();
  const waiting = client.execute("late", {}, { signal: stop.signal });
  const reason = new Error("interrupted");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(await client.execute("other")).toBe("here");
  const gone = ended();
  client.close();
  await gone;
});

test("what is no command of QMP goes to the human monitor", async () => {
  const client = await open(({ execute, arguments: args, id }) => ({
    return: `${execute} ${JSON.stringify(args)}`,
    id,
  }));
  expect(await client.human("info usernet")).toBe(
    'human-monitor-command {"command-line":"info usernet"}',
  );
  client.close();
});

test("a socket that cannot be is told, and one that is no longer awaited is gone", async () => {
  await expect(listenForQmp(join(directory, "no/such"))).rejects.toThrow("listen E");
  const other = join(directory, "other");
  (await listenForQmp(other)).close();
  expect(existsSync(other)).toBe(false);
  qemu = connect(other);
  await new Promise((resolve) => qemu.once("error", resolve));
});
