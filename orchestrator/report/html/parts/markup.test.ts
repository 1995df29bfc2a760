// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { html } from "./markup.ts";

test("text is escaped, between tags and in attributes; markup is not escaped again", () => {
  const inner = html`<b title="${`"'&`}">${"<i>"}</b>`;
  expect(String(html`<p>${inner}</p>`)).toBe('<p><b title="&quot;&#39;&amp;">&lt;i&gt;</b></p>');
});

test("lists are joined, and what is not there leaves nothing", () => {
  expect(String(html`${["a<", html`<br>`, ["b", 3]]}${undefined}${false}${0}`)).toBe(
    "a&lt;<br>b30",
  );
});

test("an attribute without quotes is refused", () => {
  expect(() => html`<p class=${"a b"}>`).toThrow("expected double quotes");
});
