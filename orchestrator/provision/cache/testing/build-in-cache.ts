// SPDX-License-Identifier: MIT
//
// A run for cache.test.ts to kill or to race with: writes half a result, runs a program that says "half" and then waits for
// the end of a FIFO, and writes the rest. Arguments: cache root, FIFO.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProvisionEvent } from "../../work/events.ts";
import { runTask } from "../../work/task.ts";
import { Cache } from "../cache.ts";

const [root = "", fifo = ""] = process.argv.slice(2);
const environment = {
  signal: new AbortController().signal,
  progress: (event: ProvisionEvent) => {
    if (event.type === "task-output") process.stdout.write(`${event.line}\n`);
  },
};

await runTask(environment, { id: "child", title: "Child" }, undefined, (task) =>
  new Cache(root).produce("kind", "key", task, async (into) => {
    const half = join(into, "half");
    writeFileSync(half, "half\n");
    await task.run("cat", [half, fifo]);
    writeFileSync(join(into, "result"), "built by the child");
  }),
);
