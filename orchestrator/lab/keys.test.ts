// SPDX-License-Identifier: MIT
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { makeKeyPair, makeRunKeys } from "./keys.ts";

test("every key is one that an SSH library reads, and signs with", () => {
  for (let count = 0; count < 600; count++) {
    const { privateFile, publicBlob } = makeKeyPair();
    const key = ssh2.utils.parseKey(privateFile);
    if (key instanceof Error) throw key;
    expect(key.getPublicSSH().equals(publicBlob)).toBe(true);
    if (count > 5) continue;
    const signature = key.sign("message");
    expect(key.verify("message", signature)).toBe(true);
  }
});

test("what a private key's file keeps secret has the length and the padding that OpenSSH wants", () => {
  const file = Buffer.from(makeKeyPair().privateFile.replace(/-----.*-----|\n/g, ""), "base64");
  // The magic word, then fields, of which the last but one says that there is one key.
  let at = "openssh-key-v1\0".length;
  const fields: Buffer[] = [];
  for (const _ of ["cipher", "derivation", "its options", "key", "secret"]) {
    if (fields.length === 3) at += 4;
    const length = file.readUInt32BE(at);
    fields.push(file.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const secret = fields.at(-1) ?? Buffer.alloc(0);
  expect(at).toBe(file.length);
  expect(secret.length % 8).toBe(0);
  const text = secret.toString("latin1");
  const padding = text.slice(text.lastIndexOf("ntb-edma-lab") + "ntb-edma-lab".length);
  expect(padding.length).toBeLessThan(8);
  expect([...padding].map((char) => char.charCodeAt(0))).toEqual(
    Array.from({ length: padding.length }, (_, index) => index + 1),
  );
});

test("a guest trusts the other, and the lab, and no more", () => {
  const { overlay, hostKey, login } = makeRunKeys(["near", "far"]);
  const text = overlay.toString("latin1");
  for (const name of ["near", "192.168.78.1", "far", "192.168.78.2"]) {
    expect(text).toContain(`${name} ssh-ed25519 ${hostKey.toString("base64")} ntb-edma-lab\n`);
  }
  expect(text).toContain("\n192.168.78.1 near\n192.168.78.2 far\n");
  expect(text).not.toContain(login);
  expect(text).toMatch(/(?:ssh-ed25519 \S+ ntb-edma-lab\n){2}/);
});

test("guests without a network between them know no names", () => {
  expect(makeRunKeys().overlay.toString("latin1")).not.toContain("etc/hosts");
});
