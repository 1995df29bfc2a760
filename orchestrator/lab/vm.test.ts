// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { controlPort } from "./vm.ts";

test("reads the port that QEMU chose", () => {
  const text = `Hub -1 (ctl):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[HOST_FORWARD]  13       127.0.0.1 38469       10.0.2.15    22     0     0
`;
  expect(controlPort(text)).toBe(38469);
});

test("says what came when there is none", () => {
  expect(() => controlPort("nothing here")).toThrow("nothing here");
});
