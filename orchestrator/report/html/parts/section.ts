// SPDX-License-Identifier: MIT
import { type Content, html, type Markup } from "./markup.ts";

/** A part of a page, which its navigation leads to. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** For the navigation, where the title says more. */
  readonly short?: string;
  readonly body: Content;
  readonly className?: string;
}

export function sectionMarkup({ id, title, body, className = "" }: Section): Markup {
  return html`<section id="${id}" class="${className}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>
`;
}

/** The bar that stays at the top: what the page is about, links to its sections, and the switch for its colours, which its script shows. */
export function pageBar(heading: Content, sections: readonly Section[]): Markup {
  const links = sections.map(
    ({ id, title, short = title }) => html`<a href="#${id}">${short}</a> `,
  );
  return html`<header><h1>${heading}</h1><nav aria-label="Sections">${links}</nav><button type="button" id="theme" hidden>Colours</button></header>
`;
}
