// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { type AddressInfo, type connect, createServer } from "node:net";
import ssh2, { type Connection, type PseudoTtyInfo, type ServerChannel } from "ssh2";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ConnectionLostError, DeadlineError, GuestError } from "./errors.ts";
import { makeKeyPair } from "./keys.ts";
import { SshConnection } from "./ssh.ts";
import type { SshTarget } from "./ssh-login.ts";

/** What the guest does with a command. */
let answer: (channel: ServerChannel) => void;
/** The commands that it was asked for. */
let commands: string[];
/** The terminals that it was asked for. */
let terminals: PseudoTtyInfo[];
let server: ssh2.Server;
let guest: SshConnection;
let target: SshTarget;
/** Who has connected. */
let connected: Connection[];

beforeEach(async () => {
  commands = [];
  connected = [];
  terminals = [];
  const [host, login] = [makeKeyPair(), makeKeyPair()];
  server = new ssh2.Server({ hostKeys: [host.privateFile] }, (client) => {
    connected.push(client);
    client.on("error", () => {});
    client.on("authentication", (context) => context.accept());
    client.on("ready", () =>
      client.on("session", (accept) => {
        const session = accept();
        session.on("pty", (acceptTerminal, _reject, info) => {
          terminals.push(info);
          acceptTerminal?.();
        });
        session.on("exec", (acceptCommand, rejectCommand, { command }) => {
          commands.push(command);
          if (command === "refused") rejectCommand();
          else answer(acceptCommand());
        });
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  target = { name: "host VM", port, login: login.privateFile, hostKey: host.publicBlob };
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

/** Ends a command in the guest, which has printed something before. */
const ends =
  (status: number, stdout = "", stderr = "") =>
  (channel: ServerChannel) => {
    channel.write(stdout);
    channel.stderr.write(stderr);
    channel.exit(status);
    channel.end();
  };
const limit = { ms: 20_000, what: "looking" };

test("a command's outcome is told whole: both outputs, its status, and how long it took", async () => {
  answer = ends(4, "eins µ\n", "zwei µ\n");
  const heard: string[] = [];
  const result = await guest.run("look", { ...limit, onOutput: (text) => heard.push(text) });
  expect(result).toMatchObject({
    ...{ command: "look", status: 4, stdout: "eins µ\n", stderr: "zwei µ\n" },
  });
  expect(heard.join("")).toBe("eins µ\n");
  expect(result.ms).toBeGreaterThan(0);
  expect(result.ms).toBeLessThan(20_000);
});

test("a command that a signal ended has no status, and was killed by that", async () => {
  answer = (channel) => {
    channel.exit("SEGV", false, "");
    channel.end();
  };
  const result = await guest.run("look", limit);
  expect(result).toMatchObject({ status: undefined, signal: "SIGSEGV" });
  await expect(guest.check("look", limit)).rejects.toThrow(
    "looking in the host VM was killed by SIGSEGV after",
  );
});

test("a command of which the guest does not say how it ended has not been killed: nobody knows", async () => {
  answer = (channel) => channel.end();
  await expect(guest.run("look", limit)).rejects.toThrow(
    new ConnectionLostError("the SSH server did not say how looking in the host VM ended"),
  );
});

test("of what a failed command printed, the last twelve lines are told, and of a long command its beginning", async () => {
  answer = ends(1, "out\n", Array.from({ length: 20 }, (_, n) => `line ${n}`).join("\n"));
  const long = `  a   ${"b".repeat(100)}`;
  const { excerpts } = await failureOf(guest.check(long, limit));
  expect(excerpts).toEqual([
    {
      title: `host VM: a ${"b".repeat(95)}...`,
      lines: [...Array.from({ length: 11 }, (_, n) => `line ${n + 9}`), "out"],
    },
  ]);
  const fits = "c".repeat(100);
  expect((await failureOf(guest.check(fits, limit))).excerpts[0]?.title).toBe(`host VM: ${fits}`);
});

test("what a program that is missing has printed is told with it", async () => {
  answer = ends(127, "", "sh: ethtool: not found\n");
  await expect(guest.check("ethtool", limit)).rejects.toMatchObject({
    tail: ["sh: ethtool: not found"],
  });
});

test("a command that the guest does not start is told as that", async () => {
  await expect(guest.run("refused", limit)).rejects.toThrow(
    "looking in the host VM: the guest refused to start it",
  );
  await expect(guest.start("refused")).rejects.toThrow("host VM: no shell");
});

test("a connection that breaks is told by whoever uses it, and by itself", async () => {
  answer = (channel) => void channel.write("busy\n");
  const closed = guest.closed();
  const running = guest.run("work", { ...limit, onOutput: () => connected[0]?.end() });
  const error = await failureOf(running);
  expect(error).toBeInstanceOf(ConnectionLostError);
  expect(error.message).toBe("the SSH connection was lost during looking in the host VM");
  await closed;
});

test("who ends the run is told why, and the command's channel is closed", async () => {
  const stop = new AbortController();
  const reason = new Error("interrupted");
  const gone = new Promise<void>((resolve) => {
    answer = (channel) => {
      channel.resume();
      channel.on("close", () => resolve());
      stop.abort(reason);
    };
  });
  await expect(guest.run("work", { ...limit, signal: stop.signal })).rejects.toBe(reason);
  await gone;
});

test("a command without input finds its input at an end", async () => {
  answer = (channel) => {
    channel.resume();
    channel.on("end", () => ends(0, "at the end")(channel));
  };
  expect((await guest.run("cat", limit)).stdout).toBe("at the end");
  const already = AbortSignal.abort();
  expect((await guest.run("cat", { ...limit, input: already })).stdout).toBe("at the end");
});

test("a program in the background goes on until its input ends, and tells then how it ended", async () => {
  answer = (channel) => {
    channel.resume();
    channel.write("ready\n");
    channel.on("end", () => ends(3)(channel));
  };
  guest.arrange((command, hasInput) => `${hasInput}: ${command}`);
  const running = await guest.background("serve", "ready", limit);
  expect(running.ended).toBeUndefined();
  expect(commands).toEqual(["true: serve"]);
  expect(await running.stop()).toMatchObject({ status: 3 });
  expect(running.ended).toMatchObject({ status: 3 });
});

test("one that is not ready in time is told as that", async () => {
  answer = (channel) => void channel.write("busy\n");
  await expect(
    guest.background("serve", "ready", { ms: 300, what: "the server" }),
  ).rejects.toBeInstanceOf(DeadlineError);
});

test("a person has a terminal of the size that theirs has", async () => {
  answer = ends(0, "hello");
  const size = { rows: 50, columns: 132, term: "xterm" };
  const channel = await guest.start("bash", size);
  channel.resume();
  await once(channel, "close");
  expect(terminals).toMatchObject([{ rows: 50, cols: 132 }]);
  (await guest.start("sh")).resume();
  expect(terminals).toHaveLength(1);
  // Not as others are arranged: a person's command is the person's.
  expect(commands).toEqual(["bash", "sh"]);
});

test("closing ends the connection for both", async () => {
  const other = once(connected[0] as Connection, "close");
  const closed = guest.closed();
  guest.close();
  await Promise.all([closed, other]);
});

describe("logging in", () => {
  test("only where the host key is this run's", async () => {
    const wrong = { ...target, hostKey: makeKeyPair().publicBlob };
    const error = await failureOf(SshConnection.connect(wrong, limit));
    expect(error.message).toMatch(/^host VM: no SSH login: /);
    expect(error.excerpts).toEqual([]);
    expect(error.cause).toBeInstanceOf(Error);
  });

  /** A port on which something else answers than SSH. */
  async function port(take: (socket: ReturnType<typeof connect>) => void) {
    const listener = createServer(take);
    onTestFinished(() => void listener.close());
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return { ...target, port: (listener.address() as AddressInfo).port };
  }

  test("a guest that closes the connection is told", async () => {
    const closing = await port((socket) => void socket.destroy());
    await expect(SshConnection.connect(closing, limit)).rejects.toThrow("host VM: no SSH login: ");
  });

  test("who is not let in in time is, and the connection is given up", async () => {
    let gone: Promise<unknown> | undefined;
    const silent = await port((socket) => {
      socket.on("error", () => {});
      socket.resume();
      gone = once(socket, "close");
    });
    const late = SshConnection.connect(silent, { ms: 300, what: "SSH login" });
    await expect(late).rejects.toBeInstanceOf(GuestError);
    await gone;
  });

  test("who ends the run meanwhile is told why", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const silent = await port((socket) => {
      socket.on("error", () => {});
      stop.abort(reason);
    });
    const login = SshConnection.connect(silent, { ...limit, signal: stop.signal });
    await expect(login).rejects.toBe(reason);
  });
});
