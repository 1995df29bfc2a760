// SPDX-License-Identifier: MIT
import { html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import type { PageData } from "./data.ts";

/** Both consoles side by side in the order of time; the page's script fills them in. */
export function consolesSection({ scenes }: PageData): Section {
  const choice =
    scenes.length > 1 &&
    html`<label>Variant <select id="console-scene">${scenes.map(({ name }) => html`<option>${name}</option>`)}</select></label>`;
  const body = html`<div class="console-tools">
${choice}<input type="search" id="console-search" placeholder="Search ( / )" aria-label="Search both consoles" aria-describedby="console-count">
<button type="button" id="console-previous">Previous</button><button type="button" id="console-next">Next</button>
<button type="button" id="console-complaint">Next complaint</button>
<span id="console-count" class="dim" role="status"></span></div>
<div class="console-head" aria-hidden="true"><span>since boot</span><span>endpoint VM</span><span>host VM</span></div>
<div id="console" role="grid" tabindex="0" aria-label="Consoles of both VMs in the order of time, with the steps"></div>
<pre id="console-detail" aria-live="polite"></pre>
<noscript><p>The consoles are shown by a script; they are also in the files beside this one.</p></noscript>`;
  return { id: "consoles", title: "Consoles", body, className: "full" };
}
