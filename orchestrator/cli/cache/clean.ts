// SPDX-License-Identifier: MIT
import { Cache, defaultCacheRoot } from "../../provision/cache/cache.ts";
import { type CleanedEntry, cleanCache } from "../../provision/cache/clean.ts";
import { currentEntries } from "../../provision/provision.ts";
import { cancellable } from "../../run/cancellation.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag, wholeNumber } from "../flags/flags.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_DAYS = "14";

const cleanFlags = {
  all: { type: "boolean", help: "everything that no process uses now" },
  "dry-run": { type: "boolean", help: "only tell what would go" },
  days: {
    type: "string",
    value: "N",
    help: `keep what runs of the last N days were made from (default: ${DEFAULT_DAYS})`,
  },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab clean [FLAGS]

Takes out of the cache what nothing refers to: neither the project's sources as they are,
nor what a run of the last days was made from. Nothing that is in use is touched.

${flagRows(cleanFlags)}
Exit status: 0 done, 2 bad usage, or a process is provisioning now.
`;

/** `clean`: prunes the cache. */
export async function cleanCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, cleanFlags, help);
  if (asked === undefined) return 0;
  const { values } = asked;
  const dryRun = values["dry-run"] === true;
  const all = values.all === true;
  const since = new Date(Date.now() - wholeNumber("days", values.days ?? DEFAULT_DAYS) * DAY_MS);
  const cache = new Cache(defaultCacheRoot());
  const cleaned = await cancellable(async (signal) => {
    const keep = all ? new Set<string>() : await currentEntries(cache, signal);
    return cleanCache(cache, { all, dryRun, since, keep, signal });
  });
  process.stdout.write(report(cleaned, dryRun, cache.root));
  return 0;
}

/** What goes, one a line, and the sums. Logs are many and small: one line for all. */
export function report(cleaned: readonly CleanedEntry[], dryRun: boolean, root: string): string {
  const removed = cleaned.filter(({ fate }) => fate === "removed");
  const logs = removed.filter(({ entry }) => entry.startsWith("logs/"));
  const rest = removed.filter((entry) => !logs.includes(entry));
  const rows = rest.map(({ entry, bytes }) => `  ${shortened(entry).padEnd(42)} ${size(bytes)}\n`);
  if (logs.length > 0) rows.push(`  ${`${logs.length} logs`.padEnd(42)} ${size(total(logs))}\n`);
  const kept = cleaned.filter(({ fate }) => fate === "kept");
  const busy = cleaned.filter(({ fate }) => fate === "busy");
  const inUse = busy.length === 0 ? "" : `, ${busy.length} in use (${size(total(busy)).trim()})`;
  const verb = dryRun ? "would go" : "removed";
  return `${rows.join("")}${root}: ${removed.length} ${verb} (${size(total(removed)).trim()}), ${kept.length} kept (${size(total(kept)).trim()})${inUse}\n`;
}

function total(entries: readonly CleanedEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Fingerprints are long; their beginning tells them apart. */
function shortened(entry: string): string {
  return entry.replace(/[0-9a-f]{64}/, (hash) => hash.slice(0, 16));
}

function size(bytes: number): string {
  const [value, unit] =
    bytes >= 1024 ** 3 ? [bytes / 1024 ** 3, "GiB"] : [bytes / 1024 ** 2, "MiB"];
  return `${value.toFixed(1)} ${unit}`.padStart(11);
}
