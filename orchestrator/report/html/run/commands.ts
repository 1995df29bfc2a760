// SPDX-License-Identifier: MIT
import { endingOf } from "../../../lab/ending.ts";
import { bootedAt } from "../../boot.ts";
import type { RunResult } from "../../result.ts";
import { code, folded, lineCount } from "../parts/code.ts";
import { timeLink } from "../parts/links.ts";
import { html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";

export type Output = NonNullable<RunResult["steps"][number]["output"]>;

/** What commands of the scenario printed, as far as no check shows it. */
export function commandsSection(result: RunResult): Section[] {
  const shown = new Set(result.checks.map(({ step }) => step));
  const blocks = result.steps.flatMap(({ id, title, startMs, variant, output }) => {
    if (!output || shown.has(id)) return [];
    const at = (startMs ?? 0) - bootedAt(result, variant);
    return html`<h3>${timeLink(at, variant, title)}</h3>${outputBlock(output)}`;
  });
  if (blocks.length === 0) return [];
  return [{ id: "commands", title: "What commands printed", short: "Commands", body: blocks }];
}

/** All that a command printed, folded. */
export function outputBlock({ status, signal, stdout, stderr }: Output): Markup {
  const ended = endingOf({ status: status ?? undefined, signal });
  const streams = [
    ["output", stdout],
    ["error output", stderr],
  ].flatMap(([name = "", text = ""]) => {
    const lines = text.replace(/\n$/, "").split("\n");
    return text === "" ? [] : folded(html`${name}, ${lineCount(lines)}`, code(lines));
  });
  return html`<div><span class="dim">${ended}${streams.length === 0 && ", it printed nothing"}</span>${streams}</div>`;
}
