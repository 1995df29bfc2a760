// SPDX-License-Identifier: MIT
import { type Document, isNode, LineCounter, type Node, parseDocument, visit } from "yaml";
import { type Diagnostic, ScenarioError } from "./diagnostics.ts";
import { suggestion } from "./nearest.ts";
import { positionOf } from "./positions.ts";
import type { Source } from "./provenance.ts";

/** A YAML text's value, and where in it everything stands. Throws ScenarioError for what is no YAML. */
export function readDocument(text: string, file: string): { value: unknown; source: Source } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, message: string): Diagnostic => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, where: "", message };
  };
  const noYaml = (offset: number, message: string) => at(offset, `not valid YAML: ${message}`);
  const syntax = document.errors.map(({ code, message, pos: [offset] }) =>
    code === "DUPLICATE_KEY" ? at(offset, twice(text.slice(offset))) : noYaml(offset, message),
  );
  syntax.push(...aliasesOfNothing(document).map(({ offset, message }) => at(offset, message)));
  if (syntax.length > 0) throw new ScenarioError(syntax);
  const value = contentOf(document, (message) => noYaml(0, message)) ?? {};
  const source = {
    file,
    position: (path: Parameters<typeof positionOf>[2], key: boolean) =>
      positionOf(document, lines, path, key),
  };
  return { value, source };
}

/** @param rest The text from the name on. */
function twice(rest: string): string {
  const name = /^\s*([^\s:]+)\s*:/.exec(rest)?.[1] ?? "this name";
  return `expected each name once in a group of fields, got ${name} a second time.`;
}

function anchorOf(node: Node): string | undefined {
  return "anchor" in node ? node.anchor : undefined;
}

/** Aliases before which their anchor does not stand, or that stand within it. */
function aliasesOfNothing(document: Document): { offset: number; message: string }[] {
  const anchors: string[] = [];
  const found: { offset: number; message: string }[] = [];
  const note = (node: Node) => {
    anchors.push(...[anchorOf(node)].filter((anchor) => anchor !== undefined));
  };
  visit(document, {
    Alias: (_key, { source, range }, around) => {
      const within = around.some((node) => isNode(node) && anchorOf(node) === source);
      if (anchors.includes(source) && !within) return;
      const message = within
        ? `what "&${source}" stands for is part of itself here.`
        : `no anchor "&${source}" stands before this alias.${suggestion(source, anchors)}`;
      found.push({ offset: range?.[0] ?? 0, message });
    },
    Collection: (_key, node) => note(node),
    Scalar: (_key, node) => note(node),
  });
  return found;
}

/** Aliases of aliases without end are found as this is made. */
function contentOf(document: Document, mistake: (message: string) => Diagnostic): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new ScenarioError([mistake(error.message)]);
  }
}
