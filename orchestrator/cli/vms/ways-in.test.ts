// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { KeptLab } from "../../lab/kept.ts";
import { waysIn } from "./ways-in.ts";

/** What is said of VMs of which these are still up. */
function told(machines: string[], up = machines): string {
  const vm = { port: 1, monitor: "", consoleLog: "/c" };
  const vms = Object.fromEntries(up.map((name) => [name, vm]));
  return waysIn({ machines, vms, directory: "/d" } as unknown as KeptLab);
}

test("who is up is told, and who is gone", () => {
  expect(told(["endpoint", "host"])).toMatch(/^\nBoth VMs stay up:\n +shell +\S+ shell host\n/);
  expect(told(["left", "right", "host"])).toMatch(
    /^\nAll 3 VMs stay up:\n +shell +\S+ shell host\n/,
  );
  expect(told(["left", "right", "host"], ["left", "host"])).toMatch(
    /^\nStill up: host, left; gone: right:\n/,
  );
  expect(told(["endpoint", "host"], [])).toBe("\nNo VM is left: nothing is kept.\n");
});
