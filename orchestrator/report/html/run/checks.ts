// SPDX-License-Identifier: MIT
import { quantity } from "../../quantity.ts";
import type { Check, RunResult } from "../../result.ts";
import { countsOf } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { code, folded, lineCount } from "../parts/code.ts";
import { filters } from "../parts/filters.ts";
import { checkAnchor } from "../parts/links.ts";
import { type Content, html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";
import { type Output, outputBlock } from "./commands.ts";

const order = { fail: 0, xfail: 1, skip: 2, pass: 3 };

/** Every check, those that failed first; each can be linked to by its name. */
export function checksSection(result: RunResult): Section[] {
  const { checks } = result;
  if (checks.length === 0) return [];
  const outputs = new Map(result.steps.map(({ id, output }) => [id, output]));
  const outputOf = ({ step }: Check) => (step === undefined ? undefined : outputs.get(step));
  const explained = checks.some(
    (check) => check.reason !== "" || (check.lines ?? []).length > 0 || outputOf(check),
  );
  const rows = [...checks]
    .sort((a, b) => order[a.status] - order[b.status])
    .map((check) => ({
      id: checkAnchor(check.id),
      className: check.status,
      cells: [
        badge(check.status),
        html`<b>${check.id}</b> <a class="anchor" href="#${encodeURIComponent(checkAnchor(check.id))}" aria-label="Link to ${check.id}">#</a> <span class="title">${check.title}</span>`,
        long(measuredText(check)),
        expectedCell(check),
        ...(explained ? [why(check, outputOf(check))] : []),
      ],
    }));
  const columns = [
    { title: "Status" },
    { title: "Check", className: "check" },
    { title: "Measured", className: "value" },
    { title: "Expected", className: "value" },
    ...(explained ? [{ title: "Why", className: "value" }] : []),
  ];
  const picks = filters(
    "checks",
    checks.map(({ status }) => status),
    Object.keys(order),
  );
  const title = `Checks: ${countsOf(checks)}`;
  return [{ id: "checks", title, short: "Checks", body: [picks, table(columns, rows)] }];
}

function measuredText({ measured, unit }: Check): string {
  if (typeof measured === "number") return quantity(measured, unit || "1");
  return measured === null ? "" : withSizes(`${measured} ${unit}`.trim());
}

/** From so many letters on, one need not read twice what is expected and found. */
const longText = 40;

function expectedCell({ measured, expected }: Check): Content {
  const text = String(expected ?? "");
  if (text.length > longText && measured === expected) return html`<span class="dim">this</span>`;
  return long(withSizes(text));
}

/** Bytes in a sentence, as a person reads them. */
function withSizes(text: string): string {
  return text.replace(/\b(\d{4,}) (?:B|bytes)\b/g, (_, bytes) => quantity(Number(bytes), "B"));
}

function why({ reason, lines = [] }: Check, output: Output | undefined): Content {
  return [
    reason !== "" && html`<span class="why">${reason}</span>`,
    lines.length > 0 && folded(html`output, ${lineCount(lines)}`, code(lines)),
    output !== undefined && outputBlock(output),
  ];
}

const mostShown = 240;

/** What would push all else out of sight is folded. */
function long(text: string): Content {
  if (text.length <= mostShown) return text;
  return folded(`${text.slice(0, mostShown / 2)} ...`, html`<span>${text}</span>`);
}
