// SPDX-License-Identifier: MIT

/** One mistake in a scenario file, or in what a flag says of it. Line and column count from 1; a flag has line 0. */
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
  if (line === 0) return `${file}: ${message}`;
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
