// SPDX-License-Identifier: MIT
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { listScenarios } from "../../scenario/catalogue.ts";

/** Prints the project's scenarios, one line each. */
export function listScenariosCommand(words: readonly string[]): number {
  if (words.length > 0) {
    throw new UsageError(`"scenario list" takes no names, got: ${words.join(" ")}`);
  }
  const entries = listScenarios(scenarioDirectory);
  const width = Math.max(...entries.map((entry) => entry.name.length));
  process.stdout.write(
    entries
      .map(({ name, title, configFragments }) => {
        const kernel =
          configFragments.length === 0 ? "" : ` (kernel with ${configFragments.join(", ")})`;
        return `${name.padEnd(width)}  ${title}${kernel}\n`;
      })
      .join(""),
  );
  return 0;
}
