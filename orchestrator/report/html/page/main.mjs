// SPDX-License-Identifier: MIT
/** @import { PageData } from "../run/data.ts" */
import { drawCharts } from "./charts.mjs";
import { copyButtons } from "./copy.mjs";
import { filterTables } from "./filters.mjs";
import { RowList } from "./list.mjs";
import { clock, rowAt, rowsOf, rowsWith } from "./rows.mjs";
import { themeButton } from "./theme.mjs";

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** @param {PageData} data */
function consoleView({ scenes }) {
  const list = new RowList(byId("console"), (row) => {
    const cells = [row?.left, row?.right].flatMap((cell) =>
      cell ? [`${clock(cell.at)} ${cell.role}: ${cell.text}`] : [],
    );
    if (row?.step) cells.push(`${clock(row.at)} ${row.step.title}`);
    byId("console-detail").textContent = cells.join("\n");
  });
  const narrow = matchMedia("(max-width: 44rem)");
  const search = /** @type {HTMLInputElement} */ (byId("console-search"));
  const count = byId("console-count");
  const choice = document.getElementById("console-scene");
  let scene = scenes.find(({ failed }) => failed) ?? scenes[0];
  if (choice instanceof HTMLSelectElement && scene) choice.value = scene.name;
  /** @type {number[]} */
  let found = [];

  const build = () => {
    list.sideBySide = !narrow.matches;
    list.show(scene ? rowsOf(scene, list.sideBySide) : []);
    find(false);
  };
  /** @param {boolean} go */
  const find = (go) => {
    list.search = search.value;
    found = rowsWith(list.rows, search.value);
    list.draw();
    const next = found.find((index) => index >= list.selected) ?? found[0];
    if (go && next !== undefined) list.select(next);
    tell();
  };
  const tell = () => {
    const place = found.indexOf(list.selected) + 1;
    count.textContent = search.value
      ? `${place ? `${place} of ` : ""}${found.length} found`
      : `${list.rows.length} rows`;
  };
  /** @param {number} by */
  const step = (by) => {
    const { selected } = list;
    const target =
      by > 0
        ? (found.find((index) => index > selected) ?? found[0])
        : (found.findLast((index) => index < selected) ?? found.at(-1));
    if (target !== undefined) list.select(target);
    tell();
  };
  /** @param {number} by */
  const complaint = (by) => {
    const bad = list.rows.flatMap(({ left, right, step }, index) =>
      [left, right].some((cell) => cell?.tone === "complaint") || step?.failed ? [index] : [],
    );
    found = bad;
    step(by);
    count.textContent = bad.length
      ? `${bad.indexOf(list.selected) + 1} of ${bad.length} complaints`
      : "no complaint";
  };
  const goToHash = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const at = wanted.get("t");
    if (at === null) return;
    const named = scenes.find(({ name }) => name === (wanted.get("v") ?? scene?.name));
    if (named && named !== scene) {
      scene = named;
      if (choice instanceof HTMLSelectElement) choice.value = named.name;
      build();
    }
    list.select(rowAt(list.rows, Number(at)));
    byId("consoles").scrollIntoView();
    byId("console").focus({ preventScroll: true });
  };

  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => find(true), 80);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(typing);
    if (list.search !== search.value) find(true);
    else step(event.shiftKey ? -1 : 1);
  });
  byId("console-next").addEventListener("click", () => step(1));
  byId("console-previous").addEventListener("click", () => step(-1));
  byId("console-complaint").addEventListener("click", () => complaint(1));
  choice?.addEventListener("change", () => {
    scene = scenes.find(({ name }) => name === /** @type {HTMLSelectElement} */ (choice).value);
    build();
  });
  narrow.addEventListener("change", build);
  document.addEventListener("keydown", (event) => {
    const typed = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typed) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      find(false);
      byId("console").focus();
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href^='#t=']") : null;
    // The same link a second time changes no hash.
    if (link instanceof HTMLAnchorElement && link.hash === location.hash) goToHash();
  });
  addEventListener("hashchange", goToHash);
  build();
  goToHash();
}

themeButton();
filterTables();
copyButtons();
drawCharts();
const data = document.getElementById("data");
if (data) consoleView(JSON.parse(data.textContent));
performance.mark("ready");
