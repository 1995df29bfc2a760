// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { InfrastructureError } from "../errors.ts";
import { DeadlineError, GuestError } from "../lab/errors.ts";
import { blamed } from "./peer-gone.ts";

describe("what a program says of the one at the other end", () => {
  test.each([
    "iperf3: unable to receive control message: Connection reset by peer",
    "iperf3: unable to connect to server: Connection refused",
    "iperf3: the server is busy running a test. try again later",
  ])("%s: the run cannot be judged", (message) => {
    const error = blamed(new GuestError(message));
    expect(error).toBeInstanceOf(InfrastructureError);
    expect(error).toMatchObject({ exitStatus: 125 });
    expect(String(error)).toContain(message);
  });

  test("may stand in what it printed alone", () => {
    const lines = ["sent 3", "nc: can't connect: Connection refused"];
    const error = blamed(new GuestError("sending a file failed", [{ title: "nc", lines }]));
    expect(error).toMatchObject({ exitStatus: 125, tail: lines });
  });
});

test.each([
  new GuestError("iperf3: unable to connect to server: Connection timed out"),
  new GuestError("iperf3: unable to connect to server: No route to host"),
  new DeadlineError("iperf3 host-to-endpoint had not ended after 20 s"),
  new TypeError("Connection refused"),
])("%s: is what is under test, or a fault of the program", (error) => {
  expect(blamed(error)).toBe(error);
});
