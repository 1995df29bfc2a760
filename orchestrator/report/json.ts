// SPDX-License-Identifier: MIT
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reporter } from "./events.ts";
import { portable } from "./portable.ts";
import { resultSchema } from "./result.ts";

/** Writes result.json. */
export function jsonReporter(): Reporter {
  return {
    name: "result.json",
    on: async (event) => {
      if (event.type !== "run-finished") return;
      const result = resultSchema.parse(portable(event.result, event.out));
      await writeFile(join(event.out, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
    },
  };
}
