// SPDX-License-Identifier: MIT
import { inVariant } from "../scenario/plan.ts";
import type { CheckResult } from "./findings.ts";

/** What one variant's checks came to, with their names in the variant still bearing its prefix. */
export interface JudgedVariant {
  readonly name: string;
  readonly checks: readonly CheckResult[];
}

/**
 * What only all variants together can show: a test that one of them leaves out has passed in another.
 * Nothing is said when no variant leaves anything out, or when there is only one.
 */
export function judgeAcross(variants: readonly JudgedVariant[]): CheckResult[] {
  if (variants.length < 2) return [];
  const bare = ({ name }: JudgedVariant, id: string) => id.slice(inVariant(name, "").length);
  const leftOut = new Set(
    variants.flatMap((variant) =>
      variant.checks.filter((check) => check.leftOut).map((check) => bare(variant, check.id)),
    ),
  );
  if (leftOut.size === 0) return [];
  const passed = new Set(
    variants.flatMap((variant) =>
      variant.checks
        .filter((check) => check.status === "pass")
        .map((check) => bare(variant, check.id)),
    ),
  );
  const missing = [...leftOut].filter((id) => !passed.has(id));
  return [
    {
      id: "left-out-passes-elsewhere",
      title: "every test that one variant leaves out passes in another",
      status: missing.length > 0 ? "fail" : "pass",
      measured: leftOut.size - missing.length,
      expected: leftOut.size,
      unit: "tests",
      reason: missing.length > 0 ? `passed in no variant: ${missing.join(", ")}` : "",
    },
  ];
}
