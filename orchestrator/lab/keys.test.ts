// SPDX-License-Identifier: MIT
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { makeKeyPair } from "./keys.ts";

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
