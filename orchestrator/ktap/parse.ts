// SPDX-License-Identifier: MIT
import {
  type Directive,
  directives,
  type TestGroup,
  type TestLine,
  type TestReport,
} from "./tree.ts";

/** What the kernel's log puts before each line. */
const kernelStamp = /^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?/;

/**
 * Reads the output of a test program: TAP 13, or KTAP 1 with its nested subtests
 * (Documentation/dev-tools/ktap.rst), with TAP 14's `# Subtest:` comments taken as text. Lines of
 * other origin may stand in between. Never throws: what is wrong is in `problems`.
 */
export function parseKtap(text: string): TestReport {
  const levels: Level[] = [];
  const problems: string[] = [];
  const preface: string[] = [];
  let version: string | undefined;
  let bailOut: string | undefined;

  const top = () => levels.at(-1);
  /** The level that a line with this indentation belongs to; deeper ones end without a parent's line. */
  const levelAt = (indent: number): Level | undefined => {
    for (let level = top(); level && level.indent > indent && levels.length > 1; level = top()) {
      levels.pop();
      // A finished level waits for the result line of the test around it.
      const outer = top();
      if (outer?.pending) problems.push("subtests ended without their test's result line");
      if (outer) outer.pending = finished(level, problems);
    }
    return top();
  };
  const open = (indent: number): Level => {
    const level = newLevel(indent, levels.length === 0 ? preface.splice(0) : []);
    levels.push(level);
    return level;
  };

  for (const raw of text.split("\n")) {
    const line = raw.replace(/\r$/, "").replace(kernelStamp, "");
    const indent = line.length - line.trimStart().length;
    const words = line.trim();
    if (/^(?:KTAP version|TAP version) \d+$/.test(words)) {
      version ??= words;
      const around = levelAt(indent);
      if ((around?.indent ?? -1) < indent) open(indent);
      else problems.push(`a second version line, "${words}", where a result was expected`);
      continue;
    }
    if (/^Bail out!/.test(words)) {
      bailOut ??= words.slice("Bail out!".length).trim() || "no reason given";
      continue;
    }
    const plan = /^1\.\.(\d+)(?:\s+#\s*(.*))?$/.exec(words);
    const result = /^(ok|not ok)\b(.*)$/.exec(words);
    if (!plan && !result) {
      if (words !== "") (top()?.output ?? preface).push(line);
      continue;
    }
    const level = levelAt(indent) ?? open(indent);
    if (plan) {
      if (level.plan !== undefined) problems.push(`a second plan line, "${words}"`);
      level.plan ??= Number(plan[1]);
      level.planSkip ??= plan[2]?.replace(/^SKIP\S*\s*/i, "");
    } else if (result) {
      take(level, result[1] === "ok", result[2] ?? "", problems);
    }
  }

  let unfinished: TestGroup | undefined;
  for (let level = top(); level && levels.length > 1; level = top()) {
    levels.pop();
    unfinished = finished(level, problems);
  }
  const outermost = top() ?? open(0);
  unfinished ??= outermost.pending;
  if (version === undefined) problems.push("no version line (TAP version 13, KTAP version 1)");
  const report = finished(outermost, problems);
  return { ...report, version, bailOut, trailing: outermost.output, unfinished, problems };
}

/** A level that is being read. */
interface Level {
  readonly indent: number;
  plan: number | undefined;
  planSkip: string | undefined;
  readonly tests: TestLine[];
  /** Text since the last result line. */
  output: string[];
  /** Subtests that await the result line of their test. */
  pending: TestGroup | undefined;
}

function newLevel(indent: number, output: string[]): Level {
  return { indent, plan: undefined, planSkip: undefined, tests: [], output, pending: undefined };
}

function take(level: Level, ok: boolean, rest: string, problems: string[]): void {
  const match = /^(?:\s+(\d+))?(?:\s*-)?\s*(.*)$/.exec(rest);
  const number = match?.[1] === undefined ? undefined : Number(match[1]);
  const [description = "", remark] = splitAtHash(match?.[2] ?? "");
  const expected = level.tests.length + 1;
  const name = description.trim() || `test ${number ?? expected}`;
  if (number !== undefined && number !== expected) {
    problems.push(`"${name}" has number ${number}, expected ${expected}`);
  }
  const word = /^(\w+)\b:?\s*(.*)$/.exec(remark ?? "");
  const directive = directiveOf(word?.[1]);
  level.tests.push({
    name,
    number,
    ok,
    directive,
    diagnostic: (directive === undefined ? remark : word?.[2])?.trim() ?? "",
    output: level.output,
    subtests: level.pending,
  });
  level.output = [];
  level.pending = undefined;
}

/** TAP lets a description hold a hash sign behind a backslash. */
function splitAtHash(text: string): [string, string | undefined] {
  const match = /(?<!\\)#\s*/.exec(text);
  if (!match) return [text, undefined];
  return [text.slice(0, match.index), text.slice(match.index + match[0].length)];
}

/** TAP 13 allows any case, and words such as `SKIPPED`. */
function directiveOf(word: string | undefined): Directive | undefined {
  const upper = word?.toUpperCase() ?? "";
  if (upper.startsWith("SKIP")) return "SKIP";
  return directives.find((directive) => directive === upper);
}

function finished(level: Level, problems: string[]): TestGroup {
  const { plan, planSkip, tests } = level;
  const where = level.indent === 0 ? "" : " of subtests";
  if (plan !== undefined && tests.length > plan) {
    problems.push(`the plan${where} promised ${plan} results, ${tests.length} came`);
  }
  return { plan, planSkip, tests };
}
