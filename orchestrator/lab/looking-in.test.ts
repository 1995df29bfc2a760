// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { UsageError } from "../errors.ts";
import { describeKept, joinKept } from "./kept.ts";
import { directPcap, guestPcap } from "./run-files.ts";
import { ask, asked, out, plan, playLabs, start } from "./testing/played-lab.ts";

playLabs();

describe("who looks in", () => {
  test("with gdb at one VM has the other one stand still with it", async () => {
    const lab = await start({ inspection: { keep: false, gdb: "endpoint" } });
    for (const event of ["STOP", "RESUME", "RESET"])
      await lab.vm("endpoint").qmp.execute("x-event", { event });
    await vi.waitFor(() => expect(asked(lab, "host")).toEqual(["stop {}", "cont {}"]));
  });

  test("gets trace events that there are, and is told of a pattern that matches none", async () => {
    const lab = await start({ inspection: { keep: false, trace: ["dwc_edma_*", "dwc_link_*"] } });
    const on = (name: string) => `trace-event-set-state ${JSON.stringify({ name, enable: true })}`;
    // What QEMU prints takes another way than its answers.
    for (const role of ["host", "endpoint"] as const)
      await vi.waitFor(() =>
        expect(asked(lab, role).filter((text) => text.includes("set-state"))).toEqual([
          on("dwc_edma_*"),
          on("dwc_link_*"),
        ]),
      );
    const wrong = start({ inspection: { keep: false, trace: ["edma_*"] } });
    await expect(wrong).rejects.toThrow(UsageError);
    await expect(wrong).rejects.toThrow('no trace event matches "edma_*"');
  });

  test("at packets finds each guest's in a file, from the first to the last one", async () => {
    const lab = await start({ inspection: { keep: false, pcap: true } });
    await lab.running();
    expect(await lab.close()).toEqual([]);
    for (const role of ["host", "endpoint"] as const) {
      const file = readFileSync(guestPcap(role, out, 1), "utf8");
      expect(file).toBe(`header of ${role};last packet`);
    }
    vi.stubEnv("PLAYED_HOST", "no-tcpdump");
    const without = await start({ inspection: { keep: false, pcap: true } });
    await expect(without.running()).rejects.toThrow(
      "host VM: no packets can be captured: the image has no tcpdump",
    );
  });

  test("at the packets of the direct network finds them once: both of its ends have the same", async () => {
    const topology = { ...plan.topology, "direct-network": true };
    await start({ plan: { ...plan, topology }, inspection: { keep: false, pcap: true } });
    const writes = (role: string) =>
      readFileSync(join(out, `${role}-qemu.sh`), "utf8").includes(`file=${directPcap(out)}`);
    expect([writes("host"), writes("endpoint")]).toEqual([true, false]);
  });

  test("to VMs that were kept finds the ways in, but none into one whose power was cut", async () => {
    const lab = await start({ inspection: { keep: true } });
    const running = await lab.running();
    await running.cutPower("host");
    const kept = await describeKept(lab, "smoke", {
      ...plan,
      variant: "six",
    });
    expect(kept).toMatchObject({ scenario: "smoke", variant: "six", pid: process.pid });
    expect(Object.keys(kept.vms)).toEqual(["endpoint"]);
    const { signal } = new AbortController();
    await expect(joinKept(kept, "host", signal)).rejects.toThrow("its power was cut");
    const ssh = await joinKept(kept, "endpoint", signal);
    expect(await ssh.check("hello", ask)).toMatchObject({ stdout: "endpoint: hello\n" });
    ssh.close();
    const config = readFileSync(join(lab.directory, "ssh-config"), "utf8");
    expect(config).toContain(
      `Host endpoint\n  HostName 127.0.0.1\n  Port ${kept.vms.endpoint?.port}\n`,
    );
    expect(config).not.toContain("Host host");
  });
});
