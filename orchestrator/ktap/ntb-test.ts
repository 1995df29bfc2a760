// SPDX-License-Identifier: MIT
import type { TestLine, TestReport } from "./tree.ts";

/**
 * Reads what tools/testing/selftests/ntb/ntb_test.sh prints, which is no TAP: `Starting GROUP tests...`,
 * `Running NAME test(s) on: ...`, and `Passed` or `Unsupported` below it. The script ends at its first
 * failure, so a test without a result has failed. Most tests run once from each side, in the order
 * local, remote; names say which.
 */
export function parseNtbTest(text: string): TestReport {
  const found: { name: string; ok: boolean; skip: string | undefined; output: string[] }[] = [];
  const preface: string[] = [];
  const trailing: string[] = [];
  let group = "ntb_test";
  let running: string | undefined;
  let output: string[] = [];

  const end = (ok: boolean, skip?: string) => {
    if (running === undefined) return;
    found.push({ name: `${group}.${running}`, ok, skip, output });
    running = undefined;
    output = [];
  };
  for (const line of text.split("\n")) {
    const words = line.trim();
    if (words === "") continue;
    const starting = /^Starting (\S+) tests\.\.\.$/.exec(words);
    const test = /^Running (.+?) tests? (?:on: .*|(with|without) DMA)$/.exec(words);
    if (starting?.[1]) {
      end(false);
      group = starting[1];
    } else if (test?.[1]) {
      end(false);
      running = [test[1].replaceAll(" ", "-"), test[2] && `${test[2]}-dma`]
        .filter(Boolean)
        .join(".");
    } else if (words === "Passed") {
      end(true);
    } else if (words === "Unsupported") {
      end(true, "Unsupported");
    } else if (/^Not doing \S+ tests/.test(words)) {
      running ??= "msi";
      end(true, words);
    } else {
      (running === undefined ? (found.length > 0 ? trailing : preface) : output).push(line);
    }
  }
  end(false);

  const times = (name: string) => found.filter((test) => test.name === name).length;
  const seen = new Map<string, number>();
  const tests = found.map(({ name, ok, skip, output }): TestLine => {
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    const side = ["local", "remote"][nth] ?? String(nth + 1);
    return {
      name: times(name) > 1 ? `${name}.${side}` : name,
      number: undefined,
      ok,
      directive: skip === undefined ? undefined : "SKIP",
      diagnostic: skip ?? "",
      output,
      subtests: undefined,
    };
  });
  return {
    version: undefined,
    plan: undefined,
    planSkip: undefined,
    tests,
    bailOut: undefined,
    trailing: [...(found.length > 0 ? [] : preface), ...trailing],
    unfinished: undefined,
    problems: [],
  };
}
