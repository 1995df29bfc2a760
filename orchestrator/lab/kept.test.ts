// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { UsageError } from "../errors.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { playedClock } from "../steps/testing/played-clock.ts";
import { describeKept, endKept, joinKept, type KeptLab, keptLabs, sshConfigOf } from "./kept.ts";
import type { StartedLab } from "./lab.ts";
import { QmpError } from "./qmp.ts";
import { isRunning } from "./temporary.ts";

test("what a keeper left behind that was killed is not taken for VMs, nor another process for a keeper", () => {
  const directory = mkdtempSync(join(tmpdir(), "kept-"));
  try {
    for (const pid of [process.pid, 4194304]) {
      const lab = join(directory, `ntb-edma-lab-${pid}-abc`);
      mkdirSync(lab);
      const text = {
        login: "/k",
        hostKey: "",
        scenario: "x",
        variant: "",
        machines: ["endpoint", "host"],
        vms: {},
      };
      const since = new Date().toISOString();
      writeFileSync(join(lab, "kept.json"), JSON.stringify({ schema: 1, pid, since, ...text }));
    }
    mkdirSync(join(directory, "ntb-edma-lab-1-running"));
    expect(keptLabs(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.runIf(process.getuid?.() === 0)("the superuser's are not those of others", async () => {
  const directory = mkdtempSync(join(tmpdir(), "kept-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  // What the program's name stands behind is taken for a keeper.
  const keeper = spawn("sh", ["-c", "sleep 60 & wait", "orchestrator/cli/main.ts"], {
    ...{ detached: true, stdio: "ignore" },
  });
  await once(keeper, "spawn");
  const pid = keeper.pid ?? 0;
  onTestFinished(() => void process.kill(-pid));
  const lab = join(directory, `ntb-edma-lab-${pid}-abc`);
  mkdirSync(lab);
  const text = { login: "/k", hostKey: "", scenario: "x", variant: "", machines: [], vms: {} };
  const since = new Date().toISOString();
  writeFileSync(join(lab, "kept.json"), JSON.stringify({ schema: 1, pid, since, ...text }));
  expect(keptLabs(directory)).toHaveLength(1);
  chownSync(lab, 1234, 1234);
  expect(keptLabs(directory)).toEqual([]);
});

/** What a keeper writes down, which is a process that is taken for this program's. */
async function keeping(script: string, more: object = {}) {
  const parent = mkdtempSync(join(tmpdir(), "kept-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const add = async (name: string, since: string) => {
    const keeper = spawn("sh", ["-c", script, "orchestrator/cli/main.ts"], {
      ...{ detached: true, stdio: ["ignore", "pipe", "ignore"] },
    });
    const pid = keeper.pid ?? 0;
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(-pid, "SIGKILL");
    });
    await once(keeper.stdout, "data");
    const lab = join(parent, `ntb-edma-lab-${pid}-${name}`);
    mkdirSync(lab);
    const text = { login: "/k", hostKey: "", scenario: name, variant: "", machines: [], vms: {} };
    writeFileSync(
      join(lab, "kept.json"),
      JSON.stringify({ schema: 1, pid, since, ...text, ...more }),
    );
    return { pid, lab };
  };
  return { parent, add };
}

test("of several the latest comes first, and what is no description is none", async () => {
  const { parent, add } = await keeping("echo up; sleep 60 & wait");
  await add("older", "2026-01-01T10:00:00.000Z");
  const { lab } = await add("newer", "2026-01-01T11:00:00.000Z");
  const broken = await add("broken", "2026-01-01T12:00:00.000Z");
  writeFileSync(join(broken.lab, "kept.json"), '{"schema": 2}');
  const other = join(parent, "something-else");
  mkdirSync(other);
  const found = keptLabs(parent);
  expect(found.map(({ scenario }) => scenario)).toEqual(["newer", "older"]);
  const [first] = found;
  expect(first?.directory).toBe(lab);
  expect(sshConfigOf(first as KeptLab)).toBe(join(lab, "ssh-config"));
});

test("who ends VMs comes back when their keeper is gone", async () => {
  const { parent, add } = await keeping("trap 'sleep 0.3; exit 0' TERM; echo up; sleep 60 & wait");
  const { pid } = await add("one", "2026-01-01T10:00:00.000Z");
  const [kept] = keptLabs(parent);
  await endKept(kept as KeptLab);
  expect(isRunning(pid)).toBe(false);
  expect(keptLabs(parent)).toEqual([]);
});

test("VMs that do not end in time are told, with what ends them", async () => {
  const { parent, add } = await keeping("trap '' TERM; echo up; sleep 60 & wait; wait");
  const { pid, lab } = await add("stubborn", "2026-01-01T10:00:00.000Z");
  const [kept] = keptLabs(parent);
  playedClock(15_000);
  await expect(endKept(kept as KeptLab)).rejects.toThrow(
    `waited 20 s for process ${pid} to end the VMs of stubborn (${lab}); "kill -9 ${pid}" ends them`,
  );
});

describe("what is written down of VMs that are kept", () => {
  /** A lab of one VM whose QEMU answers so. */
  function labOf(human: () => Promise<string>): StartedLab {
    const directory = mkdtempSync(join(tmpdir(), "kept-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    return {
      ...{ directory, keys: { login: "a key", hostKey: Buffer.from("host key") } },
      ...{ consoles: { host: { file: "/c" } }, isOn: () => true, vm: () => ({ qmp: { human } }) },
    } as unknown as StartedLab;
  }
  const plan = { variant: "six" } as VariantPlan;

  test("is the ways in, by a key that only its owner reads", async () => {
    const lab = labOf(async () => "TCP[HOST_FORWARD]  1  127.0.0.1  4022  10.0.2.15  22  0  0");
    const kept = await describeKept(lab, "smoke", plan);
    const { directory } = lab;
    expect(kept.vms).toEqual({
      host: { port: 4022, monitor: join(directory, "host.monitor"), consoleLog: "/c" },
    });
    const key = join(directory, "login-key");
    expect(readFileSync(key, "utf8")).toBe("a key");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(kept).toMatchObject({ directory, login: key, variant: "six", machines: ["host"] });
    const hostKey = Buffer.from("host key").toString("base64");
    expect(kept.hostKey).toBe(hostKey);
    expect(readFileSync(join(directory, "known-hosts"), "utf8")).toBe(
      `ntb-edma-lab ssh-ed25519 ${hostKey}\n`,
    );
    const { directory: _, ...written } = kept;
    expect(JSON.parse(readFileSync(join(directory, "kept.json"), "utf8"))).toEqual(written);
  });

  test("is none into a VM whose QEMU is gone; any other fault is one", async () => {
    const gone = labOf(() => Promise.reject(new QmpError("QMP: the connection ended")));
    expect((await describeKept(gone, "smoke", plan)).vms).toEqual({});
    const odd = labOf(async () => "no port");
    await expect(describeKept(odd, "smoke", plan)).rejects.toThrow("expected a forwarded port");
  });
});

test("nobody gets into a VM whose power was cut", async () => {
  const kept = { scenario: "power-loss", vms: {} } as unknown as KeptLab;
  const joining = joinKept(kept, "host", new AbortController().signal);
  await expect(joining).rejects.toBeInstanceOf(UsageError);
  await expect(joining).rejects.toThrow("the host VM of power-loss is gone: its power was cut");
});
