// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hasChart } from "./chart.ts";
import { html, type Markup, trusted } from "./markup.ts";

/** An HTML document in which only the project's own scripts can run, whatever else gets into it; all that it needs is in it. */
export function document(title: string, body: Markup): string {
  const charts = hasChart(body);
  const scripts = [...(charts ? [libraryFile("uPlot.iife.min.js")] : []), pageScript()];
  const style = [
    ...(charts ? [libraryFile("uPlot.min.css")] : []),
    readFileSync(join(import.meta.dirname, "style.css"), "utf8"),
  ];
  const hashes = scripts.map(
    (script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(" ")}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(style.join("\n"))}</style>
</head>
<body>
${body}
${scripts.map(
  (script) => html`<script>${trusted(script)}</script>
`,
)}</body>
</html>
`.toString();
}

/** A file of uPlot (MIT licence, Leon Sorokin), which defines a global variable of its name. Only what has charts needs it. */
function libraryFile(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), "utf8");
}

const modules = [
  "theme.mjs",
  "filters.mjs",
  "copy.mjs",
  "chart-options.mjs",
  "charts.mjs",
  "rows.mjs",
  "list.mjs",
  "main.mjs",
];

/** The page's modules as one script: what they import from each other is in it already. */
function pageScript(): string {
  const parts = modules.map((name) =>
    readFileSync(join(import.meta.dirname, "../page", name), "utf8")
      .replace(/^import .*;$/gm, "")
      .replace(/^export /gm, ""),
  );
  return `(() => {\n"use strict";\n${parts.join("\n")}})();`;
}
