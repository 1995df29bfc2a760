// SPDX-License-Identifier: MIT
import { basename, isAbsolute } from "node:path";
import { bootedAt } from "../../boot.ts";
import { type Failure, failuresOf } from "../../fingerprint.ts";
import type { Check, Excerpt, RunResult } from "../../result.ts";
import { compared, duration, expectationText } from "../../summary.ts";
import { code, folded, lineCount } from "../parts/code.ts";
import { checkLink, fileLink, timeLink } from "../parts/links.ts";
import { html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { kernelLogBlock } from "./kernel-logs.ts";

/** What went wrong, before all else: where the run broke off with the evidence, then each check that failed. */
export function failureSection(result: RunResult): Section[] {
  const failed = result.checks.filter((check) => check.status === "fail");
  const failures = failuresOf(result).filter(({ expected }) => !expected);
  if (failures.length === 0 && failed.length === 0) return [];
  const troubled = new Set([...failures, ...failed].map(({ variant }) => variant));
  return [
    {
      id: "failure",
      title:
        failures.length > 0
          ? "Failure"
          : `${failed.length} of ${result.checks.length} checks failed`,
      body: [
        ...failures.map((failure, index) => failureBlock(failure, result, index === 0)),
        ...failed.map((check) => checkBlock(check, result)),
        ...logBlocks(result, troubled),
      ],
      className: "failure",
    },
  ];
}

/** What a scenario of a known bug said of its failure, with the evidence that it came; or why nothing was run. */
export function expectationSection(result: RunResult): Section[] {
  const { skipped, expectation, checks } = result;
  const className = "expectation";
  if (skipped !== undefined) {
    const body = html`<p class="message">${skipped}</p>`;
    return [{ id: "skipped", title: "Not run", body, className }];
  }
  if (!expectation) return [];
  const url = expectation.report;
  const link =
    url !== undefined &&
    /^https?:\/\//.test(url) &&
    html`<p>Report: <a href="${url}" rel="noreferrer">${url}</a></p>`;
  const body = [
    html`<p class="message">This run ${expectationText(result)}.</p>`,
    link,
    ...failuresOf(result)
      .filter(({ expected }) => expected)
      .map((failure, index) => failureBlock(failure, result, index === 0)),
    ...checks.filter(({ status }) => status === "xfail").map((check) => checkBlock(check, result)),
  ];
  return [{ id: "expectation", title: "Expected failure", body, className }];
}

/** Of many variants that broke off, the first one's evidence is open. */
function failureBlock(failure: Failure, result: RunResult, open: boolean): Markup {
  const { phase, message, excerpt, atMs, variant, followedBy = [] } = failure;
  const where = variant === undefined ? phase : `${variant}: ${phase}`;
  const boot = bootedAt(result, variant);
  const link = (at: number | undefined) =>
    at !== undefined && html` · ${timeLink(at - boot, variant, "show in the consoles")}`;
  const later = followedBy.map(
    (one) =>
      html`<p class="message">Followed by ${one.message}</p><p class="dim">${delay(one.atMs, atMs)}${link(one.atMs)}</p>${excerptBlock(one.excerpt, open)}`,
  );
  return html`<p class="message">${message}</p><p class="dim">in: ${where}${link(atMs)}</p>
${excerpt.map((one, index) => excerptBlock(one, open && index === 0))}${later}`;
}

function delay(at: number, after: number | undefined): string {
  return after === undefined ? "later" : `${duration(Math.max(0, at - after))} later`;
}

/** What else the kernels of those variants had to say: the cause is often among it. */
function logBlocks(result: RunResult, variants: ReadonlySet<string | undefined>): Markup[] {
  const mine = (result.kernelLogs ?? []).filter(({ variant }) => variants.has(variant));
  return mine.flatMap((log) => kernelLogBlock(log));
}

/** The first one is what most want to see. */
function excerptBlock({ title, lines, file }: Excerpt, open: boolean): Markup {
  const log = file !== undefined && html`<p class="dim">Whole log: ${logLink(file)}</p>`;
  const summary = html`<b>${title}</b> <span class="dim">${lineCount(lines)}</span>`;
  return folded(summary, [code(lines), log], open);
}

/** What is not beside the page is on the machine that made it, and nowhere for a link to lead. */
function logLink(file: string): Markup {
  return isAbsolute(file) ? html`<code>${basename(file)}</code>` : fileLink(file);
}

function checkBlock(check: Check, result: RunResult): Markup {
  const { id, title, reason, lines = [] } = check;
  return html`<h3>${checkLink(id)}</h3><p class="message">${reason}</p>
<p>${title} · ${compared(check)}${stepLink(check, result)}</p>
${lines.length > 0 && folded(html`Output <span class="dim">${lineCount(lines)}</span>`, code(lines), true)}`;
}

/** To the time at which the step began that a check judges. */
function stepLink({ step, variant }: Check, result: RunResult): Markup | false {
  const at = step === undefined ? undefined : result.steps.find(({ id }) => id === step)?.startMs;
  if (at === undefined || at === null) return false;
  return html` · ${timeLink(at - bootedAt(result, variant), variant, "show in the consoles")}`;
}
