// SPDX-License-Identifier: MIT
import { isError } from "../../../lab/dmesg.ts";
import { problemsOf } from "../../fingerprint.ts";
import type { KernelLog, RunResult } from "../../result.ts";
import { kernelLogTitle } from "../../summary.ts";
import { code, folded } from "../parts/code.ts";
import { html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";

/** What each kernel had to say in a run in which nothing went wrong; otherwise that stands with what did. */
export function kernelLogsSection(result: RunResult): Section[] {
  const blocks = (result.kernelLogs ?? []).flatMap(kernelLogBlock);
  if (blocks.length === 0 || problemsOf(result).length > 0) return [];
  return [{ id: "kernels", title: "What the kernels warned of", short: "Kernels", body: blocks }];
}

/** A kernel's messages, folded; how many of them are errors is told at once. Nothing for one that had none. */
export function kernelLogBlock(log: KernelLog): Markup[] {
  const { lines, note } = log;
  if (lines.length === 0 && note === undefined) return [];
  const errors = lines.filter(isError).length;
  const known = lines.filter((line) => line.known !== undefined).length;
  const count = `${errors === 1 ? "1 error" : `${errors} errors`}${known > 0 ? `, ${known} known` : ""}`;
  const summary = html`<b>${kernelLogTitle(log)}</b>${errors > 0 && html` <span class="worse">${count}</span>`}`;
  const text = lines.map(
    ({ level, text, known }) =>
      `${(level ?? "").padEnd(8)}${text}${known === undefined ? "" : `  (known: ${known})`}`,
  );
  const body = [
    note !== undefined && html`<p class="dim">${note}</p>`,
    lines.length > 0 && code(text),
  ];
  return [folded(summary, body)];
}
