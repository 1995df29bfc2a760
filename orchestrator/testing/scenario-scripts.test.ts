// SPDX-License-Identifier: MIT
//
// What the project's scenarios have guests run: no script takes what it could not look at for what is not there (docs/scenarios.md).
import { expect, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import { listScenarios } from "../scenario/catalogue.ts";

/** Each gives the same answer whether a command has found nothing or could not look. */
const forms = [
  {
    form: "a failure is another word",
    pattern: /\|\| *(?:true|:|(?:echo|printf)(?![^\n;&|]*>))(?![\w-])/,
  },
  {
    form: "not found, or not read",
    pattern: /(?:^|[;&({]) *! *(?:grep|dmesg|cat|sed|awk|ls|lspci)\b/m,
  },
  { form: "a pipe that is closed early", pattern: /\| *(?:grep -\w*q|head\b)/ },
] as const;

/** By scenario: scripts in which such a form does no harm, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  "transport-interleavings": "who counts no loss waits for one, and in vain",
  "transport-link-cycles":
    "of a link that has gone the report has, too; what is there has to say that it failed",
  "transport-link-down":
    "of a link that has gone the report has, too; what is there has to say that it failed",
  "transport-power":
    "of a link that has gone the report has, too; what is there has to say that it failed",
};

/** All shell scripts in a step's fields, those of work under way as well; what is waited for is asked again. */
function scriptsIn(params: object): string[] {
  const { run, during, before, after } = params as Record<string, unknown>;
  const own = [run, before, after].filter((text) => typeof text === "string");
  return during && typeof during === "object" ? [...own, ...scriptsIn(during)] : own;
}

function found(script: string): string[] {
  const code = script.replace(/^\s*#.*$/gm, "");
  return forms.filter(({ pattern }) => pattern.test(code)).map(({ form }) => form);
}

test("each form is known when it is seen", () => {
  const [word, read, closed] = forms.map(({ form }) => [form]);
  expect(found("dmesg | grep REFUSED || echo nothing")).toEqual(word);
  expect(found("echo 1 > bind || true")).toEqual(word);
  expect(found("cat report && ! grep '^not ok' report")).toEqual(read);
  expect(found("! dmesg | grep refused")).toEqual(read);
  expect(found("dmesg | grep -q refused")).toEqual(closed);
  expect(found("yes | head -c 5 > /run/it")).toEqual(closed);
  expect(found("# not: || true\nwait $! || [ $? = 137 ]")).toEqual([]);
  expect(found("[ ! -e bound ] || echo 1 > unbind")).toEqual([]);
  expect(found("runs || { echo it does not run; exit 1; }")).toEqual([]);
  expect(found("! runs || { echo it runs; exit 1; }")).toEqual([]);
});

test("no scenario has one", () => {
  const all = listScenarios(scenarioDirectory);
  expect(all.length).toBeGreaterThan(50);
  const scripts = all.flatMap(({ name, file }) =>
    readPlan(file).variants.flatMap(({ steps }) =>
      steps
        .filter(({ kind }) => kind !== "wait-until")
        .flatMap(({ id, params }) => scriptsIn(params).map((script) => ({ name, id, script }))),
    ),
  );
  expect(scripts.length).toBeGreaterThan(200);
  const bad = scripts.flatMap(({ name, id, script }) =>
    found(script).map((form) => ({ name, text: `${name}: ${id}: ${form}` })),
  );
  const news = bad.filter(({ name }) => harmless[name] === undefined);
  expect([...new Set(news.map(({ text }) => text))]).toEqual([]);
  // An exception that nothing needs any more goes.
  expect(Object.keys(harmless).filter((name) => !bad.some((one) => one.name === name))).toEqual([]);
});
