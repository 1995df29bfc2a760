// SPDX-License-Identifier: MIT
//
// Machines whose time is virtual, played at the other end of real sockets.
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommandPort, readAnswer } from "./command-port.ts";
import { ConnectionLostError } from "./errors.ts";
import { Lockstep } from "./lockstep.ts";

let directory: string;
let server: Server;
let lockstep: Lockstep;
const machines: Played[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lockstep-"));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, "port"), resolve));
  lockstep = new Lockstep();
});
afterEach(() => {
  for (const { end } of machines.splice(0)) end.destroy();
  server.close();
  rmSync(directory, { recursive: true });
});

/** The QEMU of a machine: what it was told, and what it says. */
interface Played {
  readonly port: CommandPort;
  readonly end: Socket;
  told(): string;
  /** The times at which it was held and told to go on. */
  readonly went: readonly string[];
  /** Resolves when it was told this since the last time. */
  hears(text: string): Promise<void>;
}

async function machine(): Promise<Played> {
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const end = connect(join(directory, "port"));
  const port = lockstep.add(await accepted);
  let told = "";
  const went: string[] = [];
  let look = () => {};
  end.on("data", (data) => {
    told += data.toString().replaceAll(/go (\d+)\n/g, (_all, at) => {
      went.push(at);
      return "go\n";
    });
    look();
  });
  const hears = (text: string) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (!told.includes(text)) return;
        told = told.slice(told.indexOf(text) + text.length);
        look = () => {};
        resolve();
      };
      look();
    });
  const played = { port, end, told: () => told, went, hears };
  machines.push(played);
  return played;
}

/** A machine whose guest is up and has been held once since. */
async function ready(): Promise<Played> {
  const played = await machine();
  played.end.write("ready\n");
  await played.port.ready;
  return played;
}

/** Resolves once all that was written before has been read at the other end, and what follows from it is done. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const answer = (text: string) => `part ${Buffer.byteLength(text)}\n${text}end\n`;

/** Longer than any of these takes. */
const soon = { ms: 10_000, what: "a test" };

describe("machines in lockstep", () => {
  test("go on by themselves while one of them boots", async () => {
    const [host, endpoint] = [await ready(), await machine()];
    host.end.write("held 120\n");
    await quiet();
    expect(host.told()).toBe("");
    endpoint.end.write("held 120\n");
    await Promise.all([host.hears("go\n"), endpoint.hears("go\n")]);
  });

  test("are held when nobody asks for anything, and told a command there, before they go on", async () => {
    const [host, endpoint] = [await ready(), await ready()];
    for (const { end } of [host, endpoint]) end.write("held 120\n");
    await quiet();
    expect([host.told(), endpoint.told()]).toEqual(["", ""]);
    const result = host.port.run("uname é", soon);
    await Promise.all([host.hears("command 8\nuname égo\n"), endpoint.hears("go\n")]);
    host.end.write(answer("3 6\nLinux\noops"));
    for (const { end } of [host, endpoint]) end.write("held 240\n");
    expect(await result).toEqual({ status: 3, stdout: "Linux\n", stderr: "oops" });
  });

  test("who asked is told when all are held, and not as soon as the guest is done", async () => {
    const [host, endpoint] = [await ready(), await ready()];
    let over = false;
    const result = host.port.run("true", soon).then(() => {
      over = true;
    });
    for (const { end } of [host, endpoint]) end.write("held 120\n");
    await host.hears("go\n");
    host.end.write(`${answer("0 0\n")}held 240\n`);
    await quiet();
    expect(over).toBe(false);
    endpoint.end.write("held 240\n");
    await result;
    expect(host.told()).toBe("");
  });

  test("one command is under way at a time, and another machine's beside it", async () => {
    const [host, endpoint] = [await ready(), await ready()];
    const all = [
      host.port.run("one", soon),
      host.port.run("two", soon),
      endpoint.port.run("three", soon),
    ];
    for (const { end } of [host, endpoint]) end.write("held 120\n");
    await Promise.all([host.hears("command 3\nonego\n"), endpoint.hears("command 5\nthreego\n")]);
    endpoint.end.write(`${answer("0 0\n")}held 240\n`);
    host.end.write("held 240\n");
    await Promise.all([host.hears("go\n"), endpoint.hears("go\n")]);
    host.end.write(`${answer("0 0\n")}held 360\n`);
    endpoint.end.write("held 360\n");
    await host.hears("command 3\ntwogo\n");
    host.end.write(`${answer("1 0\n")}held 480\n`);
    endpoint.end.write("held 480\n");
    expect((await Promise.all(all)).map((result) => result?.status)).toEqual([0, 1, 0]);
  });

  test("are told where they are held when they go on, so that no word is taken for a later one", async () => {
    const host = await machine();
    host.end.write("held 120\n");
    await host.hears("go\n");
    host.end.write("held 360\n");
    await host.hears("go\n");
    expect(host.went).toEqual(["120", "360"]);
  });

  test("are held no more once time was let pass, until that ends", async () => {
    const host = await ready();
    const end = lockstep.pass();
    for (const at of [120, 240]) {
      host.end.write(`held ${at}\n`);
      await host.hears("go\n");
    }
    end();
    end();
    host.end.write("held 360\n");
    await quiet();
    expect(host.told()).toBe("");
    lockstep.pass();
    await host.hears("go\n");
  });

  test("are not held while something goes by the wall clock", async () => {
    const host = await ready();
    let end = () => {};
    const work = lockstep.whileTimePasses(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    host.end.write("held 120\n");
    await host.hears("go\n");
    end();
    await work;
    host.end.write("held 240\n");
    await quiet();
    expect(host.told()).toBe("");
  });

  test("one that goes holds the other no longer, and its command ends with that", async () => {
    const [host, endpoint] = [await ready(), await ready()];
    const lost = endpoint.port.run("true", soon);
    host.end.write("held 120\n");
    const other = host.port.run("true", soon);
    endpoint.end.destroy();
    await expect(lost).rejects.toThrow("the port of its commands was closed");
    await host.hears("command 4\ntruego\n");
    expect(endpoint.port.takes("true")).toBe(false);
    host.end.write(`${answer("0 0\n")}held 240\n`);
    expect((await other)?.status).toBe(0);
  });
});

describe("a command", () => {
  const limit = { ms: 50, what: "a test in the host VM" };

  test("that does not end in time is told of, and nothing goes behind it any more", async () => {
    const host = await ready();
    const hung = host.port.run("sleep 1000", limit);
    host.end.write("held 120\n");
    await host.hears("go\n");
    const behind = host.port.run("true", soon);
    await expect(hung).rejects.toThrow(
      "a test in the host VM had not ended after 0.1 s; what it has printed is not known",
    );
    expect(await behind).toBeUndefined();
    expect(host.port.takes("true")).toBe(false);
  });

  test("that waits too long behind another one is no reason to give that up", async () => {
    const host = await ready();
    const first = host.port.run("first", soon);
    host.end.write("held 120\n");
    await host.hears("go\n");
    await expect(host.port.run("second", limit)).rejects.toThrow("had not ended after 0.1 s");
    expect(host.port.takes("true")).toBe(true);
    host.end.write(`${answer("0 0\n")}held 240\n`);
    expect(await first).toMatchObject({ status: 0 });
  });

  test("whose machine goes meanwhile is told as that, and so is one whose guest talks nonsense", async () => {
    const [host, endpoint] = [await ready(), await ready()];
    const [lost, odd] = [host, endpoint].map(({ port }) =>
      port.run("true", { ...limit, ms: 10_000 }),
    );
    for (const { end } of [host, endpoint]) end.write("held 120\n");
    await Promise.all([host.hears("go\n"), endpoint.hears("go\n")]);
    endpoint.end.write(answer("nonsense"));
    endpoint.end.write("held 240\n");
    host.port.close();
    await expect(lost).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(lost).rejects.toThrow(
      "the port of its commands was closed during a test in the host VM",
    );
    await expect(odd).rejects.toThrow('expected "STATUS BYTES"');
  });

  test("that is too long goes another way", async () => {
    const host = await ready();
    expect(host.port.takes("x".repeat(0xf000))).toBe(true);
    expect(host.port.takes("é".repeat(0xf000))).toBe(false);
  });

  test("whose answer comes in parts, between words, is told whole", async () => {
    const host = await ready();
    const result = host.port.run("x", soon);
    host.end.write("held 120\n");
    await host.hears("go\n");
    host.end.write("part 4\n0 2\npart 2\no");
    await quiet();
    host.end.write("kpart 1\n!end\nheld 240\n");
    expect(await result).toEqual({ status: 0, stdout: "ok", stderr: "!" });
  });

  test("whose answer is none says what came", () => {
    expect(() => readAnswer(Buffer.from("0 5\nabc"))).toThrow(
      'expected "STATUS BYTES" and so many bytes from the guest, got: "0 5\\nabc"',
    );
    for (const text of ["nonsense", "0 \n", " 0\n", "0 0 0\n", "-1 0\n", "\n"])
      expect(() => readAnswer(Buffer.from(text))).toThrow(JSON.stringify(text));
  });
});
