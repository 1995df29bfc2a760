// SPDX-License-Identifier: MIT
/** How the devices begin and end, with the process around them. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { Machine } from "./harness/machine.ts";

describe("the command line", () => {
  it.each([
    ["aborts", { direction: "write", count: 1 }],
    ["link-up", true],
  ])("is told that %s is for the run time", async (property, value) => {
    const directory = await makeTemporaryDirectory();
    try {
      const device = JSON.stringify({
        driver: "dwc-pcie-ep",
        id: "ep",
        link: join(directory.path, "link"),
        [property]: value,
      });
      const start = Machine.start("endpoint", directory.path, ["-device", device], {});
      await expect(start).rejects.toThrow(`dwc-pcie-ep: ${property} is there at run time only`);
    } finally {
      await directory.remove();
    }
  });
});
