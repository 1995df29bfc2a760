// SPDX-License-Identifier: MIT
import { fingerprintOf } from "../../fingerprint.ts";
import type { RunResult } from "../../result.ts";
import { unseenText } from "../../summary.ts";
import { code } from "../parts/code.ts";
import { html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";

/** How to see it at home. */
export function reproduceSection(result: RunResult): Section[] {
  const { reproduce } = result;
  const fingerprint = fingerprintOf(result);
  if (reproduce === undefined && fingerprint === undefined) return [];
  const body = [
    reproduce !== undefined && code(reproduce),
    fingerprint !== undefined &&
      html`<p class="dim">Fingerprint of this failure: <code>${fingerprint}</code></p>`,
  ];
  return [{ id: "reproduce", title: "Run it again", body }];
}

/** What it was made with, and what that could not have seen. */
export function versionsSection(result: RunResult): Section[] {
  const { versions, accelerator, seed } = result;
  const all = {
    ...versions,
    accelerator: accelerator || "not booted",
    ...(seed === undefined ? {} : { "seed of virtual time": String(seed) }),
  };
  const rows = Object.entries(all).map(([name, version]) => ({
    cells: [name, html`<code>${version}</code>`],
  }));
  const unseen = unseenText(result);
  const body = [
    table([{ title: "Component" }, { title: "Version" }], rows, true),
    unseen !== undefined && html`<p class="dim">${unseen}</p>`,
  ];
  return [{ id: "versions", title: "Versions", body }];
}
