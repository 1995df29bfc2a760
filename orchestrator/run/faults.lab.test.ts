// SPDX-License-Identifier: MIT
//
// Real runs of what is there to find faults: every kind of fault in one pair of VMs, which direction traffic takes, a leak
// that is found at the end, and a complaint that comes with the last step.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Artifacts } from "../artifacts.ts";
import type { RunResult } from "../report/result.ts";
import { readPlan } from "./read-plan.ts";
import { runInLab } from "./testing/run-in-lab.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "faults-test-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function run(name: string, scenario: string, artifacts: Artifacts): Promise<RunResult> {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, `name: ${name}\ntitle: ${name}\ntimeout: 120s\n${scenario}`);
  return runInLab(readPlan(file), join(directory, name), artifacts);
}

/**
 * The kernel that is there has no kmemleak: its configuration says otherwise, and in the guest a file plays its part. It keeps
 * what is written to have it search, and whatever is there after a search is a leak.
 */
function withKmemleak(artifacts: Artifacts): Artifacts {
  const config = join(directory, "kmemleak.config");
  const { host } = artifacts.guests;
  writeFileSync(config, `${readFileSync(host.kernel.config, "utf8")}CONFIG_DEBUG_KMEMLEAK=y\n`);
  const guest = { ...host, kernel: { ...host.kernel, config } };
  return { ...artifacts, guests: { host: guest, endpoint: guest } };
}

const faults = `
include: vntb
# It is searched for leaks; the endpoint is not.
known-noise:
  - { pattern: kmemleak, reason: only the host plays kmemleak, on: endpoint }
  - pattern: "WARNING: drivers/ntb/hw/epf/ntb_hw_epf.c:\\\\d+ at ntb_epf_send_command"
    reason: upstream's ntb_epf_pci_remove() sends a command to the function that has gone, and warns that nobody answers
    on: host
steps:
  - do: configure-function
  - do: link
  - { do: load-transport, backend: remote-edma, clients: [{ name: ntb_netdev }] }
  - { do: addresses, mtu: 1500 }
  - { do: wait-for-link, as: linked }
  - { do: ping, as: near.ping, count: 10 }
  - { do: link-latency, delay: 10ms }
  - { do: ping, as: far.ping, count: 5, interval-ms: 50 }
  - { do: link-latency, delay: none }
  - { do: iperf3, as: to.tcp, directions: [host-to-endpoint], seconds: 1 }
  - { do: iperf3, as: from.tcp, directions: [endpoint-to-host], seconds: 1 }
  - do: abort-dma
    as: aborted
    direction: read
    count: 4
    skip: 2
    during: { on: host, ready: begun, run: echo begun; ping -n -q -i 0.05 -W 1 -c 20 192.168.77.2 | grep received }
  - do: pause-vm
    as: pause
    vm: endpoint
    for: 400ms
    during:
      on: host
      ready: begun
      run: |
        ping -n -i 0.05 -c 24 -W 3 192.168.77.2 > /tmp/pings &
        until grep -q ' time=' /tmp/pings; do sleep 0.02; done
        echo begun; wait
        awk '/ time=/ { split($0, part, "time="); if (part[2] + 0 >= 300) late = 1; answers++ }
          END { print answers, "answers", (late ? "after a pause" : "at once") }' /tmp/pings
  - { do: memory-pressure, as: pressure.memory, vm: host, leave: 64M }
  - { do: memory-pressure, as: release.memory, vm: host, release: true }
  - { do: unload-transport, backend: remote-edma, clients: [ntb_netdev] }
  - { do: lose-link, as: lost }
  - do: link
  - { do: kill-vm, as: endpoint-dies, vm: endpoint }
  - { do: restart-vm, vm: endpoint }
  - do: shell
    on: host
    title: say an error before the kernel dies
    run: echo '<3>planted before it dies' > /dev/kmsg
  - { do: kill-vm, as: host-dies, vm: host }
  - { do: restart-vm, vm: host }
  - do: shell
    on: host
    title: have a leak found
    run: mkdir /tmp/debug && touch /tmp/debug/kmemleak && mount --bind /tmp/debug /sys/kernel/debug
checks:
  - { id: near, title: none is lost, check: ping-loss, of: near.ping }
  - { id: far, title: none is lost on a slow link, check: ping-loss, of: far.ping }
  - { id: far-rtt, title: a slow link is slow, check: metric, metric: far.rtt, min: 20 }
  - { id: latency, title: a fast one is not, check: ratio, metric: far.rtt, over: near.rtt, min: 2 }
  - { id: to, title: the host sends, check: throughput, of: to.tcp, min-megabits: 1 }
  - { id: from, title: the endpoint sends, check: throughput, of: from.tcp, min-megabits: 1 }
  - { id: aborted, title: what is aborted is lost, check: command, of: aborted, stdout: " 1[0-9] received" }
  - { id: aborts, title: and counted, check: metric, metric: dma.aborts.read, min: 4, max: 4 }
  - { id: pause, title: a VM that stands still answers later, check: command, of: pause, stdout: "^24 answers after a pause$" }
  - { id: pressure, title: memory is taken, check: metric, metric: pressure.memory.available, max: 72 }
  - { id: release, title: and given back, check: metric, metric: release.memory.available, min: 128 }
  - { id: lost, title: the host loses the function of a lost link, check: link-loss, of: lost }
  - { id: endpoint-dies, title: and that of a dead endpoint, check: link-loss, of: endpoint-dies }
  - { id: host-dies, title: the endpoint outlives the host, check: link-loss, of: host-dies }
`;

describe("faults on purpose, and a leak", () => {
  let result: RunResult;
  beforeAll(async () => {
    result = await run("faults", faults, withKmemleak(inject("artifacts")));
  }, 240_000);

  test("every fault is felt, and VMs that died come back", () => {
    const unhappy = result.checks.filter(({ status }) => status !== "pass");
    expect(unhappy).toEqual([]);
    expect(result.steps.filter(({ status }) => status !== "done")).toEqual([]);
    const boots = result.metrics.find(({ name }) => name === "restart.boot");
    expect(boots?.samples).toHaveLength(2);
  });

  test("what a kernel said at error level before its VM was killed is told with what it says now", () => {
    const said = result.kernelLogs?.find(({ role }) => role === "host");
    expect(said?.lines).toContainEqual(
      expect.objectContaining({ level: "err", text: expect.stringContaining("planted before") }),
    );
    expect(said).not.toHaveProperty("unread");
  });

  test("who sends is who the direction says: the host by read channels, the endpoint by write channels", () => {
    const bytes = (step: string, channels: string) =>
      result.metrics.find(({ name }) => name === `${step}.engine.${channels}.bytes`)?.median;
    const moved = ["to", "from"].map((step) => [bytes(step, "read"), bytes(step, "write")]);
    const [[toRead = 0, toWrite = Infinity] = [], [fromRead = Infinity, fromWrite = 0] = []] =
      moved;
    // The other direction has acknowledgements alone.
    expect(toRead).toBeGreaterThan(4 * toWrite);
    expect(fromWrite).toBeGreaterThan(4 * fromRead);
  });

  test("pings went over the link", () => {
    const moved = result.metrics.find(({ name }) => name === "near.engine.read.bytes");
    expect(moved?.median).toBeGreaterThan(10 * 64);
  });

  test("a leak that is found when all steps have passed fails the run", () => {
    expect(result).toMatchObject({
      ...{ verdict: "fail", exitStatus: 1 },
      failure: {
        message: "host VM: kmemleak: 0 unreferenced objects",
      },
    });
  });
});

test("a complaint that comes with the last step fails the run", async () => {
  const scenario = `
include: vntb
steps:
  - do: shell
    on: endpoint
    run: "echo 'WARNING: drivers/ntb/core.c:77 at ntb_register_device+0x10/0x80, CPU#0: sh/1' > /dev/kmsg"
checks:
  - { id: none, title: nobody looks at the consoles, check: metric, metric: msi.count, max: 0 }
`;
  const result = await run("late", scenario, inject("artifacts"));
  expect(result.failure?.message).toMatch(/^endpoint VM: WARN: WARNING: drivers\/ntb\/core\.c:77 /);
  expect(result).toMatchObject({
    ...{ verdict: "fail", exitStatus: 1 },
    steps: [{ status: "done" }],
    checks: [{ id: "none", status: "pass" }],
  });
});
