// SPDX-License-Identifier: MIT
import { generateKeyPairSync } from "node:crypto";
import { buildOverlay } from "../provision/image/cpio.ts";
import { directAddresses } from "../scenario/topology/direct-network.ts";
import type { MachineName } from "../scenario/topology/graph.ts";

/** The key pairs of one run: the lab's own and that of the guests' SSH server. */
export interface RunKeys {
  /** Private key that the lab logs in with, in OpenSSH's format. */
  readonly login: string;
  /** The host key's public half, as the guests will present it. */
  readonly hostKey: Buffer;
  /** Archive that gives the guests their half; goes behind the base image. */
  readonly overlay: Buffer;
}

/**
 * Makes fresh ed25519 keys, so that nothing that is worth stealing outlives a run. With the third pair
 * one guest can log into the other, as test scripts that span two machines do.
 *
 * @param ends of the direct network, which know each other by their names.
 */
export function makeRunKeys(ends: readonly MachineName[] = []): RunKeys {
  const [login, host, guest] = [makeKeyPair(), makeKeyPair(), makeKeyPair()];
  const authorized = [login, guest].map(({ publicBlob }) => publicLine(publicBlob)).join("");
  // One name a line: dropbear's client knows no lists.
  const known = ends
    .flatMap((name, place) => [name, directAddresses[place]])
    .map((name) => `${name} ${publicLine(host.publicBlob)}`)
    .join("");
  const overlay = buildOverlay({
    ...(ends.length > 0 ? { "/etc/hosts": { data: hostsFile(ends), mode: 0o644 } } : {}),
    "/root/.ssh/authorized_keys": { data: authorized, mode: 0o600 },
    "/root/.ssh/id_ed25519": { data: guest.privateFile, mode: 0o600 },
    "/root/.ssh/known_hosts": { data: known, mode: 0o600 },
    "/etc/ssh/ssh_host_ed25519_key": { data: host.privateFile, mode: 0o600 },
    "/etc/ssh/ssh_host_ed25519_key.pub": { data: publicLine(host.publicBlob), mode: 0o644 },
  });
  return { login: login.privateFile, hostKey: host.publicBlob, overlay };
}

/** In place of the image's. */
function hostsFile(ends: readonly MachineName[]): string {
  const names = ends.map((name, place) => `${directAddresses[place]} ${name}\n`);
  return `127.0.0.1 localhost\n10.0.2.15 guest\n${names.join("")}`;
}

const keyType = "ssh-ed25519";

/**
 * A key pair in OpenSSH's formats (PROTOCOL.key of OpenSSH, RFC 8709). Not by ssh2's generator: of
 * some hundred of its ed25519 keys one is malformed.
 */
export function makeKeyPair(): { privateFile: string; publicBlob: Buffer } {
  const { x = "", d = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url");
  const seed = Buffer.from(d, "base64url");
  const publicBlob = Buffer.concat([field(keyType), field(publicKey)]);
  // Two equal numbers tell a reader that decryption went well; nothing is encrypted here.
  const secret = Buffer.concat([
    Buffer.alloc(8),
    publicBlob,
    field(Buffer.concat([seed, publicKey])),
    field("ntb-edma-lab"),
  ]);
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[field("none"), field("none"), field(""), one, field(publicBlob)],
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  const [begin, end] = ["BEGIN", "END"].map((word) => `-----${word} OPENSSH PRIVATE KEY-----`);
  return { privateFile: `${[begin, ...lines, end].join("\n")}\n`, publicBlob };
}

function publicLine(blob: Buffer): string {
  return `${keyType} ${blob.toString("base64")} ntb-edma-lab\n`;
}

/** A string of the SSH protocol: its length in four bytes, then itself. */
function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
