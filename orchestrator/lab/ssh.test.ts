// SPDX-License-Identifier: MIT
import type { AddressInfo } from "node:net";
import ssh2, { type ServerChannel } from "ssh2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeadlineError, GuestError } from "./errors.ts";
import { makeKeyPair } from "./keys.ts";
import { SshConnection } from "./ssh.ts";

/** What the guest does with a command. */
let answer: (channel: ServerChannel) => void;
/** The commands that it was asked for. */
let commands: string[];
let server: ssh2.Server;
let guest: SshConnection;

beforeEach(async () => {
  commands = [];
  const [host, login] = [makeKeyPair(), makeKeyPair()];
  server = new ssh2.Server({ hostKeys: [host.privateFile] }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (context) => context.accept());
    client.on("ready", () =>
      client.on("session", (accept) =>
        accept().on("exec", (acceptCommand, _reject, { command }) => {
          commands.push(command);
          answer(acceptCommand());
        }),
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const target = { name: "host VM", port, login: login.privateFile, hostKey: host.publicBlob };
  guest = await SshConnection.connect(target, { ms: 20_000, what: "login" });
});

afterEach(() => {
  guest.close();
  server.close();
});

/** The error of a command that is to fail. */
async function failureOf(command: Promise<unknown>): Promise<GuestError> {
  const error = await command.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GuestError) return error;
  throw new Error(`expected a GuestError, got ${String(error)}`);
}

test("a command that does not end is told with what it has printed", async () => {
  answer = (channel) => void channel.write("one\ntwo\n");
  const options = { ms: 2000, what: "waiting for carrier" };
  const error = await failureOf(guest.run("until carrier", options));
  expect(error).toBeInstanceOf(DeadlineError);
  expect(error.message).toBe("waiting for carrier in the host VM had not ended after 2 s");
  expect(error.excerpts).toEqual([{ title: "host VM: until carrier", lines: ["one", "two"] }]);
});

test.each([
  ["no such module\n", "no such module", [["no such module"]]],
  ["", "it printed nothing", []],
])("a command that fails after %j", async (printed, told, lines) => {
  answer = (channel) => {
    channel.stderr.write(printed);
    channel.exit(3);
    channel.end();
  };
  const error = await failureOf(guest.check("modprobe x", { ms: 20_000, what: "loading x" }));
  expect(error.message).toMatch(
    new RegExp(`^loading x in the host VM ended with status 3 after [\\d.]+ s: ${told}$`),
  );
  expect(error.excerpts.map((excerpt) => excerpt.lines)).toEqual(lines);
});

test("a guest that lacks a program of the lab's says nothing of what is under test", async () => {
  answer = (channel) => {
    channel.stderr.write("sh: ethtool: not found\n");
    channel.exit(127);
    channel.end();
  };
  const options = { ms: 20_000, what: "setting queues" };
  await expect(guest.check("ethtool -L", options)).rejects.toMatchObject({
    exitStatus: 125,
    message: "setting queues in the host VM: the guest has no such program: sh: ethtool: not found",
  });
  expect(await guest.run("ethtool -L", options)).toMatchObject({ status: 127 });
});

test("a program in the background can be awaited again and again", async () => {
  let channel: ServerChannel | undefined;
  answer = (opened) => {
    channel = opened;
    opened.write("ready\n");
  };
  const running = await guest.background("serve", "ready", { ms: 20_000, what: "the server" });
  await running.printed("ready", 1);
  let again = false;
  const second = running.printed("ready", 2).then(() => {
    again = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(again).toBe(false);
  channel?.write("busy\nrea");
  channel?.write("dy\n");
  await second;
  const third = running.printed("ready", 3);
  channel?.exit(1);
  channel?.end();
  await expect(third).rejects.toThrow('the server in the host VM ended before it printed "ready"');
  expect(await running.stop()).toMatchObject({ status: 1 });
});

test("what standard input has arrives whole, and then it ends", async () => {
  answer = (channel) => {
    const parts: Buffer[] = [];
    channel.on("data", (part: Buffer) => parts.push(part));
    channel.on("end", () => {
      channel.write(`${Buffer.concat(parts).length} ${Buffer.concat(parts).at(-1)}`);
      channel.exit(0);
      channel.end();
    });
  };
  // More than a window of SSH, with bytes that are no text.
  const stdin = Buffer.alloc(5 << 20, 0xfe);
  const { stdout } = await guest.check("cat", { ms: 20_000, what: "taking in", stdin });
  expect(stdout).toBe(`${5 << 20} 254`);
});

test("commands are run as they were arranged, and told as they were asked for", async () => {
  answer = (channel) => {
    channel.exit(0);
    channel.end();
  };
  const options = { ms: 20_000, what: "looking" };
  await guest.run("before", options);
  guest.arrange((command, hasInput) => `${hasInput ? "with" : "without"} input: ${command}`);
  const { command } = await guest.run("look", options);
  await guest.run("take", { ...options, stdin: Buffer.from("this") });
  expect(command).toBe("look");
  expect(commands).toEqual(["before", "without input: look", "with input: take"]);
});
