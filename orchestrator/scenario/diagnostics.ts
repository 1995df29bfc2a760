// SPDX-License-Identifier: MIT

/** One mistake in a scenario file. Line and column count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The place in the document, such as `steps[3].direction`; empty for the whole document. */
  readonly where: string;
  /** What was expected and what came, with the nearest suggestion. */
  readonly message: string;
}

export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, where, message } = diagnostic;
  return `${file}:${line}:${column}: ${where ? `${where}: ` : ""}${message}`;
}

/** A scenario that cannot be run as it is written. Its message has one line for each mistake. */
export class ScenarioError extends Error {
  override name = "ScenarioError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join("\n"));
    this.diagnostics = diagnostics;
  }
}
