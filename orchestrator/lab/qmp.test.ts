// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
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
