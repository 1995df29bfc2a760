// SPDX-License-Identifier: MIT
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import * as z from "zod";
import { junitXml, xml } from "./junit.ts";
import type { RunResult } from "./result.ts";
import {
  failingRun,
  flakyRun,
  hostileText,
  knownBugRun,
  passingRun,
  skippedRun,
} from "./testing/samples.ts";

const attributes = z.record(z.string(), z.string());
const element = z.record(z.string(), z.unknown());
const many = <Item extends z.ZodType>(item: Item) => z.array(item);

/** The document as a reader sees it; throws where it is not well-formed. */
function read(text: string) {
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributesGroupName: "$",
    attributeNamePrefix: "",
    isArray: (name) => ["testsuite", "testcase", "property"].includes(name),
  });
  const suite = z.object({
    $: attributes,
    properties: z.object({ property: many(z.object({ $: attributes })) }),
    testcase: many(z.intersection(z.object({ $: attributes }), element)),
  });
  return z
    .object({ testsuites: z.object({ $: attributes, testsuite: many(suite) }) })
    .parse(parser.parse(text)).testsuites;
}

test("counts checks, and where the run broke off as a case of its own", () => {
  const { $, testsuite } = read(junitXml([failingRun()]));
  const numbers = { tests: "21", failures: "2", errors: "0", time: "80.000" };
  expect($).toMatchObject(numbers);
  expect(testsuite[0]?.$).toMatchObject({ name: "remote-edma", ...numbers, skipped: "18" });
  expect(testsuite[0]?.testcase).toHaveLength(21);
});

test("a failed check tells message, values and its own output; a skipped one its reason", () => {
  const [suite] = read(junitXml([failingRun()])).testsuite;
  const failed = suite?.testcase.find((one) => one.$.name === "check-1");
  expect(failed).toMatchObject({
    failure: {
      $: { type: "check" },
      "#text": expect.stringContaining("measured 3 Mb/s, expected 9"),
    },
  });
  expect(JSON.stringify(failed)).toContain("pci_endpoint_test.c:12:BAR_TEST");
  expect(failed?.$.time).toBe("18.500");
  const skipped = suite?.testcase.find((one) => one.$.name === "check-5");
  expect(skipped).toMatchObject({ skipped: { $: { message: "the step has left no evidence" } } });
});

test("a step's time is counted once, however many checks it has", () => {
  const run = passingRun();
  const checks = run.checks.map((check) => ({ ...check, step: "edma.1" }));
  const [suite] = read(junitXml([{ ...run, checks }])).testsuite;
  const times = suite?.testcase.map(({ $ }) => Number($.time)) ?? [];
  expect(times).toHaveLength(20);
  expect(times.reduce((sum, time) => sum + time)).toBe(18.5);
});

test("says what ran: versions, the command and the seed", () => {
  const [suite] = read(junitXml([passingRun({ seed: 7 })])).testsuite;
  const properties = suite?.properties.property.map(({ $ }) => [$.name, $.value]);
  expect(properties).toContainEqual(["version.qemu", "10.0.13"]);
  expect(properties).toContainEqual(["reproduce", "npm run scenario remote-edma"]);
  expect(properties).toContainEqual(["seed", "7"]);
});

test("a run that fails for being flaky has a case that fails", () => {
  const { $, testsuite } = read(junitXml([flakyRun()]));
  expect($.failures).toBe("1");
  const failed = testsuite[0]?.testcase.find((one) => one.$.name === "run: flaky");
  expect(JSON.stringify(failed)).toContain("attempt 1: ping: 3 of 50 lost");
  expect(read(junitXml([{ ...flakyRun(), exitStatus: 0 }])).$.failures).toBe("0");
});

test("each variant is a suite, and one that broke off has its own failure", () => {
  const run = passingRun();
  const failure = { phase: "boot", message: "panic", excerpt: [], variant: "two" };
  const result: RunResult = {
    ...run,
    verdict: "fail",
    variants: [
      { name: "six", title: "", verdict: "pass", durationMs: 1000 },
      { name: "two", title: "", verdict: "fail", durationMs: 2000, failure },
    ],
    failure,
    checks: run.checks.map((check, index) => ({ ...check, variant: index % 2 ? "six" : "two" })),
  };
  const { testsuite, $ } = read(junitXml([result]));
  expect(testsuite.map((suite) => [suite.$.name, suite.$.tests, suite.$.failures])).toEqual([
    ["remote-edma.six", "10", "0"],
    ["remote-edma.two", "11", "1"],
  ]);
  expect($.tests).toBe("21");
});

test("is well-formed whatever a guest has printed", () => {
  expect(xml("\u001b[31mred\u0000")).toBe("\u{fffd}[31mred\u{fffd}");
  const [suite] = read(junitXml([failingRun()])).testsuite;
  const failed = suite?.testcase.find((one) => one.$.name === "check-1");
  expect(failed).toMatchObject({ failure: { $: { message: `too slow ${hostileText}`.trim() } } });
});

test("what failed as expected, and what was not run, is skipped: readers know no other word for it", () => {
  const known = read(junitXml([knownBugRun()]));
  expect(known.testsuite[0]?.$).toMatchObject({ failures: "0", errors: "0", skipped: "20" });
  expect(JSON.stringify(known)).toContain("failed as expected: host VM: oops");
  const { testsuite } = read(junitXml([skippedRun()]));
  expect(testsuite[0]?.testcase).toMatchObject([
    { skipped: { $: { message: "the endpoint's kernel has no BAR subranges" } } },
  ]);
});

test("what is missing is an error, so that a night of which it is a part is none that passed", () => {
  const missing = ['smoke of "pinned": no result (shard 1/3)', "shard 2/3 left nothing"];
  const { $, testsuite } = read(junitXml([passingRun()], missing));
  expect($).toMatchObject({ failures: "0", errors: "2", tests: "22" });
  const last = testsuite.at(-1);
  expect(last?.$).toMatchObject({ name: "missing", tests: "2", errors: "2", skipped: "0" });
  expect(last?.testcase.map((one) => one.$.name)).toEqual([missing[0], missing[1]]);
  expect(last?.testcase[1]?.error).toMatchObject({
    $: { message: "shard 2/3 left nothing", type: "missing" },
  });
});

/** What Jenkins' schema of JUnit files allows (its xunit plugin, junit-10.xsd): every element's attributes and children. */
const jenkins: Record<string, { attributes: string[]; required: string[]; children: string[] }> = {
  testsuites: {
    attributes: ["name", "time", "tests", "failures", "disabled", "errors"],
    required: [],
    children: ["testsuite"],
  },
  testsuite: {
    attributes: [
      ...["name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp"],
      ...["hostname", "id", "package", "file", "log", "url", "version"],
    ],
    required: ["name"],
    children: ["testsuite", "properties", "testcase", "system-out", "system-err"],
  },
  properties: { attributes: [], required: [], children: ["property"] },
  property: { attributes: ["name", "value"], required: ["name", "value"], children: [] },
  testcase: {
    attributes: [
      ...["name", "assertions", "time", "classname", "status", "class", "file", "line"],
      ...["log", "group", "url"],
    ],
    required: ["name"],
    children: ["skipped", "error", "failure", "system-out", "system-err"],
  },
  skipped: { attributes: ["type", "message"], required: [], children: ["#text"] },
  error: { attributes: ["type", "message"], required: [], children: ["#text"] },
  failure: { attributes: ["type", "message"], required: [], children: ["#text"] },
};
/** Seconds, with three digits behind the point at most, as its schema has them. */
const jenkinsTime = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?$/;

test("is what Jenkins' schema allows", () => {
  const ordered = z.array(z.looseObject({ ":@": attributes.optional() }));
  const parser = new XMLParser({
    ...{ ignoreAttributes: false, preserveOrder: true, attributeNamePrefix: "" },
    ignoreDeclaration: true,
  });
  const complaints: string[] = [];
  const examine = (parent: string, nodes: unknown): void => {
    for (const { ":@": given = {}, ...rest } of ordered.parse(nodes)) {
      const [[name, below] = ["", []]] = Object.entries(rest);
      const allowed = parent === "" ? ["testsuites"] : (jenkins[parent]?.children ?? []);
      if (!allowed.includes(name)) complaints.push(`<${name}> in <${parent}>`);
      if (name === "#text") continue;
      const rules = jenkins[name];
      for (const [key, value] of Object.entries(given)) {
        if (!rules?.attributes.includes(key)) complaints.push(`${name}/@${key}`);
        if (key === "time" && !jenkinsTime.test(value)) complaints.push(`${key}="${value}"`);
      }
      for (const key of rules?.required ?? [])
        if (!(key in given)) complaints.push(`${name} without @${key}`);
      examine(name, below);
    }
  };
  const runs = [failingRun(), passingRun(), knownBugRun(), skippedRun()];
  examine("", parser.parse(junitXml(runs, ["smoke: no result"])));
  expect(complaints).toEqual([]);
});
