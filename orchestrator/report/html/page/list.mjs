// SPDX-License-Identifier: MIT
/** @import { Row, Cell } from "./rows.mjs" */
import { clock } from "./rows.mjs";

const rowHeight = 19;
const spare = 20;

/** A list of any length of which only the rows in view, and a few more, are in the document. */
export class RowList {
  /** @type {readonly Row[]} */
  rows = [];
  selected = -1;
  sideBySide = true;
  search = "";

  /**
   * @param {HTMLElement} box
   * @param {(row: Row | undefined) => void} onSelect
   */
  constructor(box, onSelect) {
    this.box = box;
    this.onSelect = onSelect;
    this.sizer = document.createElement("div");
    this.sizer.className = "sizer";
    this.sizer.role = "rowgroup";
    box.replaceChildren(this.sizer);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest(".row") : null;
      if (row instanceof HTMLElement) this.select(Number(row.dataset.index), false);
    });
  }

  /** @param {readonly Row[]} rows */
  show(rows) {
    this.rows = rows;
    this.selected = -1;
    this.sizer.style.height = `${rows.length * rowHeight}px`;
    this.box.setAttribute("aria-rowcount", String(rows.length));
    this.draw();
  }

  /**
   * @param {number} index
   * @param {boolean} [centre] scroll to it even if it is in view
   */
  select(index, centre = true) {
    if (index < 0 || index >= this.rows.length) return;
    this.selected = index;
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = this.box;
    if (centre) this.box.scrollTop = top - clientHeight / 3;
    else if (top < scrollTop) this.box.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight)
      this.box.scrollTop = top + rowHeight - clientHeight;
    this.draw();
    this.onSelect(this.rows[index]);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / rowHeight) - 1);
    const last = this.rows.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowDown: this.selected + 1,
      ArrowUp: this.selected - 1,
      PageDown: this.selected + page,
      PageUp: this.selected - page,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.select(Math.min(Math.max(target, 0), last), false);
  }

  draw() {
    const { scrollTop, clientHeight } = this.box;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
    const end = Math.min(
      this.rows.length,
      Math.ceil((scrollTop + clientHeight) / rowHeight) + spare,
    );
    const drawn = [];
    for (let index = first; index < end; index++) {
      const row = this.rows[index];
      if (row) drawn.push(this.element(row, index));
    }
    this.sizer.replaceChildren(...drawn);
    if (this.selected >= first && this.selected < end)
      this.box.setAttribute("aria-activedescendant", `row-${this.selected}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {Row} row
   * @param {number} index
   */
  element(row, index) {
    const element = document.createElement("div");
    element.className = "row";
    element.id = `row-${index}`;
    element.role = "row";
    element.ariaRowIndex = String(index + 1);
    element.dataset.index = String(index);
    element.style.top = `${index * rowHeight}px`;
    if (index === this.selected) {
      element.classList.add("selected");
      element.ariaSelected = "true";
    }
    element.append(this.cell("at", clock(row.at)));
    if (row.step) {
      element.classList.add("step");
      if (row.step.failed) element.classList.add("failed");
      element.append(this.cell("title", row.step.title));
    } else if (this.sideBySide) {
      element.append(this.line(row.left), this.line(row.right));
    } else {
      element.append(this.line(row.left ?? row.right, true));
    }
    return element;
  }

  /**
   * @param {Cell | undefined} cell
   * @param {boolean} [named]
   */
  line(cell, named = false) {
    const name = named && cell ? `${cell.role[0]}│` : "";
    return this.cell(cell?.tone || "line", name + (cell?.text ?? ""));
  }

  /**
   * Whatever the text is, it stays text.
   * @param {string} name
   * @param {string} text
   */
  cell(name, text) {
    const span = document.createElement("span");
    span.className = name;
    span.role = "gridcell";
    const wanted = this.search.toLowerCase();
    const lower = text.toLowerCase();
    let rest = 0;
    while (wanted !== "" && name !== "at") {
      const at = lower.indexOf(wanted, rest);
      if (at < 0) break;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(at, at + wanted.length);
      span.append(text.slice(rest, at), mark);
      rest = at + wanted.length;
    }
    span.append(text.slice(rest));
    return span;
  }
}
