// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuestConsole } from "./console.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "console-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function printed(...texts: (string | Buffer)[]) {
  const guest = new GuestConsole(join(directory, "console.log"));
  const source = new PassThrough();
  const end = guest.follow(source);
  for (const text of texts) source.write(text);
  await new Promise(setImmediate);
  const over = async () => {
    source.destroy();
    await end;
  };
  return { guest, source, over };
}

test("a line is what a person reads: without colours and carriage returns, whole, and with its time", async () => {
  const before = performance.now();
  const { guest, over } = await printed("\x1b[1mboo", "ting\x1b[0m\r\n", "\r\nnext\n");
  expect(guest.lines.map(({ text }) => text)).toEqual(["booting", "", "next"]);
  for (const { at } of guest.lines) {
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(performance.now());
  }
  await over();
});

test("of what the kernel says its level is known, and stands neither in the line nor in the file", async () => {
  const { guest, over } = await printed(
    ...["<3>[    1.000000] an error\r\n<", "12>[    1.100000] a program's word\r\n"],
    ...["ntb-edma-lab: ready\n", "<3> of somebody's own\n", "<6>[    2.000000] is being pri"],
  );
  expect(guest.lines.map(({ level, text }) => [level, text])).toEqual([
    [3, "[    1.000000] an error"],
    [4, "[    1.100000] a program's word"],
    [undefined, "ntb-edma-lab: ready"],
    [undefined, "<3> of somebody's own"],
  ]);
  expect(guest.tail(1)).toEqual(["[    2.000000] is being pri"]);
  await over();
  expect(guest.lines.at(-1)).toMatchObject({ level: 6, text: "[    2.000000] is being pri" });
  expect(readFileSync(guest.file, "utf8")).not.toMatch(/<(?:6|12|3)>\[/);
});

test("what the kernel says behind text that has no end, or behind colours, is a line of its own with its level", async () => {
  const { guest, over } = await printed(
    ...[
      "progress 10%<3>[    1.000000] pci: error -16\r\n",
      "\x1b[0m<4>[    1.5000",
      "00][   T12] a warning\n",
    ],
    ...[
      "[ 10%] 2 of 3 <b>[1]\n",
      "\x1b[1m\n",
      "a<6>[    2.000000] b<3>[    3.000000] c\n",
      "50%<3>[    4.000000] cut",
    ],
  );
  expect(guest.tail(1)).toEqual(["50%[    4.000000] cut"]);
  await over();
  expect(guest.lines.map(({ level, text }) => [level, text])).toEqual([
    [undefined, "progress 10%"],
    [3, "[    1.000000] pci: error -16"],
    [4, "[    1.500000][   T12] a warning"],
    [undefined, "[ 10%] 2 of 3 <b>[1]"],
    [undefined, ""],
    [undefined, "a"],
    [6, "[    2.000000] b"],
    [3, "[    3.000000] c"],
    [undefined, "50%"],
    [3, "[    4.000000] cut"],
  ]);
  const file = readFileSync(guest.file, "utf8");
  expect(file).not.toMatch(/<\d+>/);
  expect(file).toContain("progress 10%\n[    1.000000] pci: error -16");
  expect(file).toContain("\x1b[0m[    1.500000]");
});

test("its end has the last lines with something in them, and what is being printed", async () => {
  const { guest, over } = await printed("one\n\n  \ntwo\nthree\nlogin: ");
  expect(guest.tail(3)).toEqual(["two", "three", "login: "]);
  expect(guest.tail()).toEqual(["one", "two", "three", "login: "]);
  await over();
  // A line that is cut off is one all the same, and nothing is told twice.
  expect(guest.tail(2)).toEqual(["three", "login: "]);
  expect(readFileSync(guest.file, "utf8")).toBe("one\n\n  \ntwo\nthree\nlogin: \n");
});

test("a letter that comes in two parts is one, and blanks at the end are no line", async () => {
  const letter = Buffer.from("µ\n   ");
  const { guest, over } = await printed(letter.subarray(0, 1), letter.subarray(1));
  expect(guest.tail()).toEqual(["µ"]);
  await over();
});

test("of a console that ends with a whole line nothing is made up", async () => {
  const { guest, over } = await printed("one\n");
  await over();
  expect(guest.tail()).toEqual(["one"]);
  expect(readFileSync(guest.file, "utf8")).toBe("one\n");
});

test("who listens hears each line from then on, until he has had enough", async () => {
  const { guest, source, over } = await printed("before\n");
  const heard: string[] = [];
  const stop = guest.onLine(({ text }) => heard.push(text));
  const turn = async (text: string) => {
    source.write(text);
    await new Promise(setImmediate);
  };
  await turn("one\ntwo\n");
  stop();
  await turn("three\n");
  expect(heard).toEqual(["one", "two"]);
  await over();
});

test("the first line with a text is awaited, whether it has come or will", async () => {
  const { guest, source, over } = await printed("is ready 1\nis ready 2\n");
  expect((await guest.waitFor("ready")).text).toBe("is ready 1");
  const coming = guest.waitFor("later");
  source.write("no\nmuch later\nlater still\n");
  expect((await coming).text).toBe("much later");
  await over();
});

test("goes on with the VM that takes another's place, and awaits what that one says", async () => {
  const file = join(directory, "console.log");
  const guest = new GuestConsole(file);
  const first = new PassThrough();
  const firstEnd = guest.follow(first);
  first.write("ready\npower fai");
  await guest.waitFor("ready");
  expect(guest.formerLines).toEqual([]);
  first.destroy();
  await firstEnd;

  const second = new PassThrough();
  const secondEnd = guest.follow(second, "=== again ===");
  let ready = false;
  const waiting = guest.waitFor("ready").then(() => {
    ready = true;
  });
  second.write("booting\n");
  await guest.waitFor("booting");
  expect(guest.formerLines.map(({ text }) => text)).toEqual(["ready", "power fai"]);
  expect(ready).toBe(false);
  second.end("ready\n");
  await Promise.all([waiting, secondEnd]);

  const lines = ["ready", "power fai", "=== again ===", "booting", "ready"];
  expect(guest.lines.map((line) => line.text)).toEqual(lines);
  expect(readFileSync(file, "utf8")).toBe(`${lines.join("\n")}\n`);
});
