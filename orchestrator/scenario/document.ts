// SPDX-License-Identifier: MIT
import { LineCounter, parseDocument } from "yaml";
import { type Diagnostic, ScenarioError } from "./diagnostics.ts";
import { positionOf } from "./positions.ts";
import type { Source } from "./provenance.ts";

/** A YAML text's value, and where in it everything stands. Throws ScenarioError for what is no YAML. */
export function readDocument(text: string, file: string): { value: unknown; source: Source } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors.map((error): Diagnostic => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line, column: col, where: "", message: `not valid YAML: ${error.message}` };
  });
  if (syntax.length > 0) throw new ScenarioError(syntax);
  const value: unknown = document.toJS() ?? {};
  const source = {
    file,
    position: (path: Parameters<typeof positionOf>[2], key: boolean) =>
      positionOf(document, lines, path, key),
  };
  return { value, source };
}
