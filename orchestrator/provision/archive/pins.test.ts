// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { parseUris } from "./apt.ts";
import { chooseKernelPackage } from "./pins.ts";

test("7.3 if the archive has it, else the newest 7.x, by number", () => {
  const others = ["linux-source-6.12", "linux-source", "linux-source-7.9", "linux-source-7.10"];
  expect(chooseKernelPackage([...others, "linux-source-7.3"])).toBe("linux-source-7.3");
  expect(chooseKernelPackage(others)).toBe("linux-source-7.10");
});

test("without any 7.x the message says what there is", () => {
  expect(() => chooseKernelPackage(["linux-source-6.12"])).toThrow(/7\.x.*linux-source-6\.12/);
});

test("apt's list of files is read past its chatter", () => {
  const hash = "0".repeat(64);
  const output = `Reading package lists...
'http://mirror.example/pool/q.dsc' q_10.0+ds-1.dsc 12462 SHA256:${hash}
Need to get 40.2 MB of source archives.
`;
  expect(parseUris(output)).toEqual([{ fileName: "q_10.0+ds-1.dsc", sha256: hash }]);
});
