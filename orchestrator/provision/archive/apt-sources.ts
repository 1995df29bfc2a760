// SPDX-License-Identifier: MIT
//
// Which Debian mirror this machine uses, read from its apt configuration in both formats of sources.list(5): one line
// an entry (`*.list`) and blocks of fields (`*.sources`).

import { join } from "node:path";
import { namesIfThere, readIfThere } from "../work/files.ts";

/** One source of packages as the machine has it. */
export interface AptSource {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Used when the machine names no mirror of Debian: it may run a derivative. */
export const DEFAULT_MIRROR = "http://deb.debian.org/debian";

/** Names of releases and their aliases, with which a suite of Debian proper begins. */
const DEBIAN_SUITES =
  /^(bullseye|bookworm|trixie|forky|duke|sid|unstable|testing|stable|oldstable|oldoldstable)(-updates|-backports)?$/;

/** Parses the one-line format; comments and lines that are no entries are passed over. */
export function parseOneLineList(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(deb|deb-src)\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) continue;
    const [, type = "", uri = "", suite = "", components = ""] = match;
    sources.push({ types: [type], uris: [uri], suites: [suite], components: words(components) });
  }
  return sources;
}

/** Parses the deb822 format; blocks with `Enabled: no` are passed over. */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const block of text.split(/\n[ \t]*\n/)) {
    const fields = parseFields(block);
    if (/^(no|false|0|off|disable|without)$/i.test(fields.get("enabled") ?? "")) continue;
    sources.push({
      types: words(fields.get("types") ?? ""),
      uris: words(fields.get("uris") ?? ""),
      suites: words(fields.get("suites") ?? ""),
      components: words(fields.get("components") ?? ""),
    });
  }
  return sources;
}

function parseFields(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of block.split("\n")) {
    const start = /^([A-Za-z][A-Za-z0-9-]*):(.*)$/.exec(line);
    if (start !== null) {
      name = (start[1] ?? "").toLowerCase();
      fields.set(name, (start[2] ?? "").trim());
    } else if (name !== "" && /^\s/.test(line)) {
      fields.set(name, `${fields.get(name)} ${line}`);
    }
  }
  return fields;
}

/**
 * The URI under which the machine gets Debian itself, over http or https. Other people's repositories use Debian's suite
 * names too, so a candidate either has the archive's customary path (`…/debian`) or also serves a suite `…-updates`.
 */
export function chooseMirror(sources: readonly AptSource[]): string {
  const candidates = sources
    .filter(({ types, components }) => types.includes("deb") && components.includes("main"))
    .filter(({ suites }) => suites.some((suite) => DEBIAN_SUITES.test(suite)))
    .flatMap(({ uris, suites }) => uris.map((uri) => ({ uri: uri.replace(/\/+$/, ""), suites })))
    .filter(({ uri }) => /^https?:\/\//.test(uri));
  const customary = candidates.find(({ uri }) => uri.endsWith("/debian"));
  const updating = candidates.find(({ suites }) =>
    suites.some((suite) => suite.endsWith("-updates")),
  );
  return (customary ?? updating)?.uri ?? DEFAULT_MIRROR;
}

/** Reads all of the machine's sources below `root` (`/etc/apt`). */
export async function readMachineSources(root = "/etc/apt"): Promise<AptSource[]> {
  const parts = join(root, "sources.list.d");
  const names = (await namesIfThere(parts)).sort();
  const files = [join(root, "sources.list"), ...names.map((name) => join(parts, name))];
  const sources: AptSource[] = [];
  for (const file of files) {
    const parse = file.endsWith(".sources")
      ? parseDeb822
      : file.endsWith(".list")
        ? parseOneLineList
        : undefined;
    if (parse === undefined) continue;
    const text = await readIfThere(file);
    if (text !== undefined) sources.push(...parse(text));
  }
  return sources;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
