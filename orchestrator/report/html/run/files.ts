// SPDX-License-Identifier: MIT

import { fileLink } from "../parts/links.ts";
import { html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";

/** What a file is, by its name without directories. */
const kinds: readonly (readonly [name: RegExp, what: string])[] = [
  [/^report\.html$/, "the report of this part alone"],
  [/^summary\.txt$/, "the outcome as plain text, for a mail"],
  [/^result\.json$/, "all of it, for machines"],
  [/^junit\.xml$/, "for CI: JUnit XML"],
  [/^result\.ktap$/, "for CI: KTAP"],
  [/^run\.log$/, "every event and all evidence, as lines of JSON"],
  [/-console\.log$/, "what the kernel and its programs printed"],
  [/-qemu\.log$/, "what QEMU printed"],
  [/-qemu\.sh$/, "QEMU's command line"],
  [/kernel\.config$/, "the kernel's configuration"],
  [/-trace\.\d+\.log$/, "the devices' trace events"],
  [/^time-line\.txt$/, "trace events, consoles and steps in the order of time"],
  [/\.pcap$/, "packets"],
  [/\.log$/, "a log"],
];

/** Links to all that lies beside the page, by paths from it. */
export function filesSection(files: readonly string[]): Section[] {
  const rows = files.flatMap((path) => {
    const name = path.split("/").at(-1) ?? path;
    const kind = kinds.find(([pattern]) => pattern.test(name));
    return kind ? [{ cells: [fileLink(path), html`${kind[1]}`] }] : [];
  });
  if (rows.length === 0) return [];
  const body = table([{ title: "File" }, { title: "What it has" }], rows, true);
  return [{ id: "files", title: "Files", body }];
}
