// SPDX-License-Identifier: MIT
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { type CatalogueEntry, listScenarios } from "../../scenario/catalogue.ts";

/** Prints the project's scenarios, one line each. */
export function listScenariosCommand(words: readonly string[]): number {
  if (words.length > 0) {
    throw new UsageError(`"scenario list" takes no names, got: ${words.join(" ")}`);
  }
  const entries = listScenarios(scenarioDirectory);
  const width = Math.max(...entries.map((entry) => entry.name.length));
  process.stdout.write(
    entries
      .map((entry) => {
        const kernel = kernelOf(entry);
        return `${entry.name.padEnd(width)}  ${entry.title}${kernel === "" ? "" : ` (${kernel})`}\n`;
      })
      .join(""),
  );
  return 0;
}

/** What sets its kernel apart from that of all others: `kernel with nvme, patched by epf-stale-bound`. */
export function kernelOf({
  configFragments,
  patches,
}: Pick<CatalogueEntry, "configFragments" | "patches">): string {
  const parts = [
    ...(configFragments.length === 0 ? [] : [`with ${configFragments.join(", ")}`]),
    ...(patches.length === 0 ? [] : [`patched by ${patches.join(", ")}`]),
  ];
  return parts.length === 0 ? "" : `kernel ${parts.join(", ")}`;
}
