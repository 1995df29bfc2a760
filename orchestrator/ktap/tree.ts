// SPDX-License-Identifier: MIT

/** What follows the `#` of a result line; others are part of the diagnostic text. */
export const directives = ["SKIP", "TODO", "XFAIL", "XPASS", "TIMEOUT", "ERROR"] as const;
export type Directive = (typeof directives)[number];

/** One result line of a test program, with the subtests that stood before it. */
export interface TestLine {
  /** The line's description; `test N` if it has none. */
  readonly name: string;
  /** Undefined if the line had none. */
  readonly number: number | undefined;
  readonly ok: boolean;
  readonly directive: Directive | undefined;
  /** What the line says behind its directive or its `#`. */
  readonly diagnostic: string;
  /** Lines that came before this one and are no results, as the program printed them. */
  readonly output: readonly string[];
  readonly subtests: TestGroup | undefined;
}

/** The tests of one level: a program's own, or those inside another test. */
export interface TestGroup {
  /** Number of tests that the plan line promised; undefined if there was none. */
  readonly plan: number | undefined;
  /** The plan line's reason for having nothing to run, as in `1..0 # SKIP no device`. */
  readonly planSkip: string | undefined;
  readonly tests: readonly TestLine[];
}

/** All that a test program printed. */
export interface TestReport extends TestGroup {
  /** The version line, such as `TAP version 13`; undefined if there was none. */
  readonly version: string | undefined;
  /** What the program said when it gave up as a whole. */
  readonly bailOut: string | undefined;
  /** Lines behind the last result. */
  readonly trailing: readonly string[];
  /** Subtests whose parent's result line never came, by their nesting. */
  readonly unfinished: TestGroup | undefined;
  /** What of the output breaks the format's rules, for a person. */
  readonly problems: readonly string[];
}

/** A result line with the path of names that leads to it. */
export interface NamedLine {
  readonly path: readonly string[];
  readonly line: TestLine;
}

/** Every result line, subtests before the test that they belong to, as they were printed. */
export function resultLines(group: TestGroup, path: readonly string[] = []): NamedLine[] {
  return group.tests.flatMap((line) => {
    const here = [...path, line.name];
    const inner = line.subtests ? resultLines(line.subtests, here) : [];
    return [...inner, { path: here, line }];
  });
}
