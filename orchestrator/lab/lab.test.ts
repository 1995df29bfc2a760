// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Artifacts } from "../artifacts.ts";
import { InfrastructureError, UsageError } from "../errors.ts";
import { ComplaintError, GuestError } from "./errors.ts";
import { instructionsSince, readInstructions } from "./instructions.ts";
import type { RunningLab, StartedLab } from "./lab.ts";
import {
  ask,
  asked,
  binary,
  guestOf,
  leftovers,
  out,
  plan,
  playLabs,
  start,
} from "./testing/played-lab.ts";
import { onTimeGrid } from "./time-grid.ts";

playLabs();

describe("two VMs", () => {
  test("come up, answer, and are gone with all but their logs", async () => {
    const lab = await start();
    const running = await lab.running();
    for (const role of ["host", "endpoint"] as const) {
      expect(await running.vm(role).ssh.check("hello", ask)).toMatchObject({
        ...{ status: 0, stdout: `${role}: hello\n` },
      });
      expect(readFileSync(join(out, `${role}-console.log`), "utf8")).toContain("Booting Linux");
      // The command that has started it, for a person to start it again.
      expect(readFileSync(join(out, `${role}-qemu.sh`), "utf8")).toContain(`ntb-edma-lab-${role}`);
    }
    expect(existsSync(lab.directory)).toBe(true);
    expect(await lab.close()).toEqual([]);
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(out, "host-console.log"))).toBe(true);
    expect(lab.signal.aborted).toBe(false);
  });

  test("boot one image where their kernels are one, and two otherwise, with the run's keys behind them", async () => {
    const images = (lab: StartedLab) =>
      readdirSync(lab.directory).filter((name) => name.endsWith("-initrd"));
    const one = await start();
    expect(images(one)).toEqual(["host-initrd"]);
    expect(readFileSync(join(one.directory, "host-initrd"), "latin1")).toMatch(
      /^image of both;0707/,
    );
    const [host, endpoint] = [guestOf("new"), guestOf("old")];
    const artifacts = { qemu: { binary }, guests: { host, endpoint } } as unknown as Artifacts;
    const two = await start({ artifacts });
    expect(images(two).sort()).toEqual(["endpoint-initrd", "host-initrd"]);
    expect(readFileSync(join(out, "endpoint-qemu.sh"), "utf8")).toContain("/kernels/old");
  });

  test.each(["host", "endpoint"])(
    "do not start where the QEMU of one refuses, in its words, and the other is gone: %s",
    async (role) => {
      vi.stubEnv(`PLAYED_${role.toUpperCase()}`, "refuses");
      const started = start();
      await expect(started).rejects.toThrow(InfrastructureError);
      await expect(started).rejects.toThrow(
        `${role} VM: QEMU ended with status 1: qemu: played: no such device`,
      );
      expect(leftovers()).toEqual([]);
    },
  );

  test("have a time to come up; what a guest printed meanwhile is told", async () => {
    vi.stubEnv("PLAYED_ENDPOINT", "silent");
    const lab = await start({ timeScale: 0.1 });
    const error = await lab.running().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GuestError);
    expect(error).toMatchObject({
      message:
        'endpoint VM: the guest did not come up: waited 3 s for the line "ntb-edma-lab: ready" on its console',
      excerpts: [{ lines: ["[    0.000000] Booting Linux"] }],
    });
  });

  test("are not waited for any longer when somebody ends the run", async () => {
    vi.stubEnv("PLAYED_HOST", "silent");
    const cancel = new AbortController();
    const lab = await start({ signal: cancel.signal });
    const running = lab.running();
    cancel.abort(new Error("interrupted"));
    await expect(running).rejects.toThrow("interrupted");
  });
});

describe("guests on virtual time", () => {
  const timed = { ...plan, topology: { ...plan.topology, time: "virtual" as const } };

  test("are asked by their ports, and over SSH what has input or output of its own", async () => {
    const running = await (await start({ plan: timed })).running();
    const [host, endpoint] = [running.vm("host").ssh, running.vm("endpoint").ssh];
    const [first, second] = await Promise.all([host.run("uname", ask), endpoint.run("id", ask)]);
    expect(first.stdout).toBe(`host by its port: ${onTimeGrid("uname", false)}`);
    expect(second.stdout).toBe(`endpoint by its port: ${onTimeGrid("id", false)}`);
    const streamed = await host.run("date", { ...ask, onOutput: () => {} });
    expect(streamed.stdout).toBe(`host: ${onTimeGrid("date", false)}\n`);
    expect((await host.run("uname", ask)).stdout).toContain("by its port");
  });

  test("run on by themselves once the lab lets time pass, as with VMs that are kept", async () => {
    const lab = await start({ plan: timed });
    const running = await lab.running();
    const went = () => (lab.consoles.host?.lines ?? []).filter(({ text }) => text === "went on");
    running.letTimePass();
    const before = went().length;
    await vi.waitFor(() => expect(went().length).toBeGreaterThan(before + 3), { timeout: 4000 });
  });

  test("that never ask for anything are told of, with what they printed", async () => {
    vi.stubEnv("PLAYED_HOST", "no-time-grid");
    const without = await start({ plan: timed, timeScale: 0.1 });
    await expect(without.running()).rejects.toThrow(
      "host VM: the guest asks for no commands: waited 3 s for its time_grid",
    );
  });
});

test("a machine that the topology does not have cannot be had", async () => {
  const lab = await start();
  expect(() => lab.vm("nobody")).toThrow('the lab has no machine "nobody"');
});

describe("a VM that ends", () => {
  const ended = (lab: RunningLab) =>
    new Promise<unknown>((resolve) =>
      lab.signal.addEventListener("abort", () => resolve(lab.signal.reason)),
    );

  test("by itself ends the run, and it is told how", async () => {
    const lab = await (await start()).running();
    const reason = ended(lab);
    await expect(lab.vm("host").ssh.check("die", ask)).rejects.toThrow();
    expect(await reason).toMatchObject({ message: expect.stringMatching(/^host VM: .*status 3/) });
  });

  test("with a panic ends it with that", async () => {
    const lab = await (await start()).running();
    const reason = ended(lab);
    const asking = lab.vm("endpoint").ssh.check("panic", { ...ask, signal: lab.signal });
    await expect(asking).rejects.toThrow("Kernel panic");
    expect(await reason).toBeInstanceOf(ComplaintError);
    expect(await reason).toMatchObject({ complaint: { role: "endpoint" } });
  });

  test("as a step wants is no crash; nobody can ask it, and another one takes its place on the same console", async () => {
    const started = await start();
    const lab = await started.running();
    await lab.cutPower("host");
    expect(started.isOn("host")).toBe(false);
    expect(started.isOn("endpoint")).toBe(true);
    expect(() => lab.vm("host")).toThrow(UsageError);
    expect(lab.signal.aborted).toBe(false);
    const again = await lab.restart("host");
    expect(await again.ssh.check("hello", ask)).toMatchObject({ stdout: "host: hello\n" });
    const texts = (lab.consoles.host?.lines ?? []).map(({ text }) => text);
    expect(texts.filter((text) => text.includes("Booting Linux"))).toHaveLength(2);
    expect(lab.vm("host")).toBe(again);
    expect(await started.close()).toEqual([]);
  });
});

describe("the link", () => {
  test("is trained and taken down at the endpoint, and the function is plugged into the host", async () => {
    const lab = await start();
    expect(await lab.link().state()).toBe("down");
    await lab.link().setLatency("host", 3);
    await lab.link().setLatency("endpoint", 2);
    await lab.link().train();
    expect(await lab.link().state()).toBe("up");
    await lab.link().attachFunction();
    // The function is there: it learns of it at once.
    await lab.link().setLatency("host", 0.5);
    await lab.link().drop();
    const set = (property: string, value: unknown, device = "ep") =>
      `qom-set ${JSON.stringify({ path: `/machine/peripheral/${device}`, property, value })}`;
    await vi.waitFor(() =>
      expect(asked(lab, "endpoint")).toEqual([
        set("latency-us", 2000),
        set("latency-us", 2000),
        set("link-up", true),
        set("link-up", false),
      ]),
    );
    const [plug = "", latency] = asked(lab, "host");
    expect(plug).toMatch(/^device_add \{"driver":"dwc-pcie-function","id":"fn0","bus":"rp0",/);
    expect(plug).toContain('"latency-us":3000');
    expect(latency).toBe(set("latency-us", 500, "fn0"));
  });

  test("counts, and has elements abort", async () => {
    const lab = await start();
    expect(await lab.link().stats()).toMatchObject({ write: [{ bytes: 7, busy_ns: 0 }], msix: 2 });
    await lab.link().planAborts({ direction: "read", error: "poisoned", count: 2, skip: 1 });
    await lab.link().planAborts({
      ...{ direction: "write", error: "unsupported-request", count: 1, skip: 0, channel: 3 },
    });
    expect(await lab.link().abortsLeft("write")).toBe(2);
    expect(await lab.link().abortsLeft("read")).toBe(1);
    const plans = asked(lab, "endpoint").map(
      (text) => JSON.parse(text.replace("qom-set ", "")).value,
    );
    expect(plans).toEqual([
      { direction: "read", error: "poisoned", count: 2, skip: 1 },
      { direction: "write", error: "unsupported-request", count: 1, skip: 0, channel: 3 },
    ]);
  });

  test("tells when the host's function has gone, and of nothing else that goes", async () => {
    const lab = await start();
    const { qmp } = lab.vm("host");
    let gone = false;
    const told = lab
      .link()
      .functionGone()
      .then(() => {
        gone = true;
      });
    await qmp.execute("x-event", { event: "DEVICE_DELETED", data: { device: "other" } });
    await qmp.execute("x-event", { event: "RESET", data: { device: "fn0" } });
    expect(gone).toBe(false);
    await qmp.execute("x-event", { event: "DEVICE_DELETED", data: { device: "fn0" } });
    await told;
  });
});

test("each guest's instructions are its own", async () => {
  const counts: Record<string, number> = { host: 7, endpoint: 40 };
  const vm = (name: string) => ({ qmp: { execute: async () => counts[name] } });
  const counted = await readInstructions({ vm } as never, ["endpoint", "host"]);
  expect(counted).toEqual({ host: 7, endpoint: 40 });
  expect(instructionsSince({ host: 5, endpoint: 10 }, counted)).toEqual({ host: 2, endpoint: 30 });
  const wrong = { vm: () => ({ qmp: { execute: async () => "many" } }) };
  await expect(readInstructions(wrong as never, ["host"])).rejects.toThrow();
});
