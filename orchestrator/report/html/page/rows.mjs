// SPDX-License-Identifier: MIT
/** @import { PageScene, PageStep } from "../run/data.ts" */

/**
 * A row of the view: a step that begins here, or at most one line of each console.
 * @typedef {{ at: number, step?: PageStep, left?: Cell, right?: Cell }} Row
 * @typedef {{ at: number, text: string, role: string, tone: string }} Cell
 */

/** Lines of both consoles that are no further apart share a row; milliseconds. */
const together = 40;

/**
 * Both consoles and the steps in the order of time. Side by side, the endpoint is left and the host right.
 * @param {PageScene} scene
 * @param {boolean} sideBySide
 * @returns {Row[]}
 */
export function rowsOf(scene, sideBySide) {
  const [left, right] = ["endpoint", "host"].map((role) => cellsOf(scene, role));
  /** @type {Row[]} */
  const rows = [];
  let [l, r, s] = [0, 0, 0];
  for (;;) {
    const a = left?.[l];
    const b = right?.[r];
    const step = scene.steps[s];
    const next = Math.min(a?.at ?? Infinity, b?.at ?? Infinity);
    if (step && step.at <= next) {
      rows.push({ at: step.at, step });
      s++;
      continue;
    }
    if (!a && !b) return rows;
    const limit = step?.at ?? Infinity;
    const both = sideBySide && a && b && Math.abs(a.at - b.at) <= together;
    if (both && Math.max(a.at, b.at) < limit) {
      rows.push({ at: next, left: a, right: b });
      l++;
      r++;
    } else if (a && a.at === next) {
      rows.push({ at: next, left: a });
      l++;
    } else if (b) {
      rows.push({ at: next, right: b });
      r++;
    }
  }
}

/**
 * @param {PageScene} scene
 * @param {string} role
 * @returns {Cell[]}
 */
function cellsOf(scene, role) {
  const found = scene.consoles.find((one) => one.role === role);
  if (!found || found.at.length === 0) return [];
  /** How the line is to be shown: the gravest that it is. @type {Map<number, string>} */
  const tones = new Map();
  for (const tone of /** @type {const} */ (["warnings", "errors", "complaints"]))
    for (const index of found[tone]) tones.set(index, tone.slice(0, -1));
  const lines = found.text.split("\n");
  let at = 0;
  return found.at.map((distance, index) => {
    at += distance;
    return { at, text: lines[index] ?? "", role, tone: tones.get(index) ?? "" };
  });
}

/**
 * The first row at or after a time, or the last one.
 * @param {readonly Row[]} rows
 * @param {number} at
 */
export function rowAt(rows, at) {
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return Math.max(low, 0);
}

/**
 * Indices of the rows that contain a text, whatever its case.
 * @param {readonly Row[]} rows
 * @param {string} text
 */
export function rowsWith(rows, text) {
  const wanted = text.toLowerCase();
  /** @type {number[]} */
  const found = [];
  if (wanted === "") return found;
  for (const [index, { left, right, step }] of rows.entries()) {
    const has = [left?.text, right?.text, step?.title].some((one) =>
      one?.toLowerCase().includes(wanted),
    );
    if (has) found.push(index);
  }
  return found;
}

/**
 * @param {number} ms
 */
export function clock(ms) {
  return (ms / 1000).toFixed(3);
}
