// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { stepKinds } from "./registry.ts";
import { strict } from "./strict.ts";

/** The scripts that a step has in its guests, by the kind's own schema. */
function scriptsOf(kind: string, fields: Record<string, unknown>): string[] {
  const found = stepKinds.get(kind);
  if (!found) throw new Error(`no step kind ${kind}`);
  const params = found.schema.parse(fields);
  const step = { kind, id: kind, params } as never;
  return found.commands(step, { topology: {} } as never).map(({ script }) => script);
}

/** What bash, the guests' shell, makes of a scenario's command. */
function ran(run: string) {
  const [script = ""] = scriptsOf("shell", { on: "host", run });
  const { status, stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  return { status, stdout };
}

test("a command that fails is the last of its script", () => {
  expect(ran("echo one; true\necho two")).toEqual({ status: 0, stdout: "one\ntwo\n" });
  expect(ran("echo one\nsh -c 'exit 3'\necho two")).toEqual({ status: 3, stdout: "one\n" });
  expect(ran("cd /nowhere && ls\necho two")).toMatchObject({ stdout: "two\n" });
  expect(ran("set +e\nfalse\necho two")).toEqual({ status: 0, stdout: "two\n" });
});

test("so it is in functions and command substitutions, and which one it was is told", () => {
  expect(ran("x=$(cat /nosuch; echo fine)\necho $x")).toMatchObject({ status: 1, stdout: "" });
  expect(ran("f() { false; echo fine; }\nf\necho two")).toMatchObject({ status: 1, stdout: "" });
  const [script = ""] = scriptsOf("shell", { on: "host", run: "echo loaded\ngrep -q x /dev/null" });
  const { stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("# ended by: grep -q x /dev/null (status 1)\n");
  expect(ran("[ -e /nowhere ] || echo none\nif ! false; then echo no; fi").stdout).toBe(
    "none\nno\n",
  );
});

test("a log that cannot be read is not one without the line that is looked for", () => {
  expect(ran("sh -c 'exit 4' | sed -n /error/p")).toEqual({ status: 4, stdout: "" });
  expect(ran("echo fine | sed -n /error/p")).toEqual({ status: 0, stdout: "" });
});

test("work under way is as strict", () => {
  const during = { on: "host", run: "work", ready: "begun" };
  expect(scriptsOf("pause-vm", { vm: "endpoint", for: "1s", during })).toContain(strict("work"));
});
