// SPDX-License-Identifier: MIT
import ssh2, { type Client } from "ssh2";
import { before, type Deadline, timerMs } from "./deadline.ts";
import { GuestError } from "./errors.ts";

export interface SshTarget {
  /** Who this is, for messages: "host VM". */
  readonly name: string;
  readonly port: number;
  readonly login: string;
  readonly hostKey: Buffer;
}

/** Connects and logs in. The guest must present exactly this run's host key. */
export async function logIn(target: SshTarget, deadline: Deadline): Promise<Client> {
  const client = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => {
    client.once("ready", resolve);
    client.once("error", reject);
    client.once("close", () => reject(new Error("the guest closed the connection")));
  });
  client.on("error", () => {}); // later errors show in the commands that they break
  client.connect({
    host: "127.0.0.1",
    port: target.port,
    username: "root",
    privateKey: target.login,
    hostVerifier: (key: Buffer) => key.equals(target.hostKey),
    readyTimeout: timerMs(deadline.ms),
    // Cheapest for an emulated CPU; the connection never leaves this machine.
    algorithms: { serverHostKey: ["ssh-ed25519"], kex: ["curve25519-sha256"] },
  });
  try {
    await before(deadline, ready);
    return client;
  } catch (cause) {
    client.destroy();
    if (deadline.signal?.aborted || cause instanceof GuestError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuestError(`${target.name}: no SSH login: ${reason}`, [], { cause });
  }
}
