// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KernelModule } from "../scenario/kernel-module.ts";
import { loadScript, moduleNamed } from "./modules.ts";

let directory: string;
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "modules-test-"));
  program("dmesg", `cat ${at("log")}`);
  program("modprobe", `echo "$*" >> ${at("loaded")}; cat ${at("says")} >> ${at("log")}`);
  program("modinfo", '[ "$*" = "-F parmtype edma" ] && printf "channels:int\\ntimeout:uint\\n"');
  writeFileSync(at("log"), "[    1.000000] booting\n");
  writeFileSync(at("says"), "");
});
afterEach(() => rmSync(directory, { recursive: true }));

function program(name: string, script: string): void {
  writeFileSync(at(name), `#!/bin/sh\n${script}\n`);
  chmodSync(at(name), 0o755);
}

/** Loads modules in a guest whose kernel says this at each. */
async function load(modules: readonly KernelModule[], says = "") {
  writeFileSync(at("says"), says);
  const path = `${directory}:${process.env.PATH}`;
  const script = `set -eu\n${loadScript(modules)}`;
  const ended = await execa("sh", ["-c", script], { reject: false, env: { PATH: path } });
  const loaded = readFileSync(at("loaded"), "utf8").trimEnd().split("\n");
  return { status: ended.exitCode, loaded, said: ended.stderr };
}

const edma: KernelModule = { ...moduleNamed("edma"), parameters: { channels: 2 } };

describe("loading modules", () => {
  test("goes on while the kernel takes all parameters", async () => {
    const says = "[    2.000000][  T1] edma: 2 channels\n";
    expect(await load([edma, moduleNamed("client")], says)).toEqual({
      ...{ status: 0, said: "" },
      loaded: ["--first-time edma channels=2", "client"],
    });
  });

  test("ends at a module that does not have a parameter, and says which it has", async () => {
    const says = "[    2.000000][  T1] edma: unknown parameter 'chanels' ignored\n";
    const wrong = { ...edma, parameters: { chanels: 2 } };
    expect(await load([wrong, moduleNamed("client")], says)).toEqual({
      status: 1,
      loaded: ["--first-time edma chanels=2"],
      said: "edma: unknown parameter 'chanels' ignored; edma has: channels timeout ",
    });
  });

  test("likewise at one of the kernel's own, which is loaded by its file", async () => {
    const file = at("edma.ko");
    writeFileSync(file, "");
    program("find", `echo ${file}`);
    program("insmod", `echo "$*" >> ${at("loaded")}; cat ${at("says")} >> ${at("log")}`);
    program("modinfo", `[ "$2 $3" = "depends ${file}" ] || printf "channels:int\\n"`);
    const own = { ...edma, upstream: true, parameters: { chanels: 2 } };
    const says = "[    2.000000] edma: unknown parameter 'chanels' ignored\n";
    expect(await load([own, moduleNamed("client")], says)).toEqual({
      status: 1,
      loaded: [`${file} chanels=2`],
      said: "edma: unknown parameter 'chanels' ignored; edma has: channels ",
    });
  });

  test("also where the parameter comes from elsewhere, such as the kernel's command line", async () => {
    const says = "[    2.000000] edma: unknown parameter 'x' ignored\n";
    expect(await load([moduleNamed("edma")], says)).toMatchObject({ status: 1 });
  });

  test("does not look at what was said before", async () => {
    const before = "[    1.000000] edma: unknown parameter 'x' ignored\n[    1.500000] later\n";
    writeFileSync(at("log"), before);
    expect(await load([edma], "[    2.000000] edma: fine\n")).toMatchObject({ status: 0 });
  });
});
