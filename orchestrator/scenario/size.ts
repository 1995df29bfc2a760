// SPDX-License-Identifier: MIT
import * as z from "zod";

const factors: Record<string, number> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };

/** Bytes in a size such as `4096`, `64K`, `256M` or `1G` (powers of two); undefined if it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)([KMG]?)(?:iB)?$/.exec(text.trim());
  const factor = factors[match?.[2] ?? ""];
  return match && factor !== undefined ? Number(match[1]) * factor : undefined;
}

/** The shortest exact way to write a number of bytes: 1073741824 is `1G`. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of Object.entries(factors).reverse()) {
    if (factor > 1 && bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

/** A number of bytes for a person, near enough: 1600000000 is `1.5 GiB`. */
export function gibibytes(bytes: number): string {
  return `${(bytes / (1 << 30)).toFixed(1)} GiB`;
}

/** A size in a scenario: a number of bytes or text such as `256M`; always bytes afterwards. */
export const size = z
  .union([z.int().positive(), z.string()], {
    error: "expected a size such as 4096, 64K, 256M or 1G",
  })
  .transform((value, context) => {
    const bytes = typeof value === "number" ? value : parseSize(value);
    if (bytes !== undefined && bytes > 0) return bytes;
    context.addIssue("expected a size such as 4096, 64K, 256M or 1G");
    return z.NEVER;
  })
  .meta({ title: "size" });

/** A time in a scenario, `90s`, `1.5s`, `250ms` or `2m`; always milliseconds afterwards. */
export const duration = z
  .string({ error: durationExpected() })
  .transform((text, context) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
    const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? ""];
    if (match && unit !== undefined && Number(match[1]) > 0) return Number(match[1]) * unit;
    context.addIssue(durationExpected());
    return z.NEVER;
  })
  .meta({ title: "time" });

function durationExpected(): string {
  return "expected a time with its unit, such as 90s, 250ms or 2m";
}
