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

test("a guest trusts the other, and the lab, and no more", () => {
  const { overlay, hostKey, login } = makeRunKeys();
  const text = overlay.toString("latin1");
  for (const name of ["endpoint", "192.168.78.2", "host", "192.168.78.1"]) {
    expect(text).toContain(`${name} ssh-ed25519 ${hostKey.toString("base64")} ntb-edma-lab\n`);
  }
  expect(text).not.toContain(login);
  expect(text).toMatch(/(?:ssh-ed25519 \S+ ntb-edma-lab\n){2}/);
});
