// SPDX-License-Identifier: MIT
/** A peer may fill the events that both QEMUs share and make them block; nobody waits for it. */
import { spawnSync } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { suspend } from "./harness/suspend.ts";

/** Fills every eventfd that two processes share, and clears O_NONBLOCK as the peer could. */
const fill = `
import ctypes, fcntl, os, re, sys
pidfd_getfd = 438
def events(pid):
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        id = re.search(r"eventfd-id:\\s*(\\d+)", open(f"/proc/{pid}/fdinfo/{fd}").read())
        if id:
            found[id[1]] = int(fd)
    return found
one, other = (events(int(pid)) for pid in sys.argv[1:])
process = os.pidfd_open(int(sys.argv[1]))
libc = ctypes.CDLL(None, use_errno=True)
for id in one.keys() & other.keys():
    fd = libc.syscall(pidfd_getfd, process, one[id], 0)
    if fd < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        os.read(fd, 8)
    except BlockingIOError:
        pass
    os.write(fd, (2**64 - 2).to_bytes(8, "little"))
    fcntl.fcntl(fd, fcntl.F_SETFL, flags & ~os.O_NONBLOCK)
print(len(one.keys() & other.keys()))
`;

/** Write channels' engine enable, doorbell and interrupt status. */
const enable = 0x0cn;
const doorbell = 0x10n;
const status = 0x4cn;

let pair: LinkedPair;
afterEach(() => pair?.stop());

it("a doorbell does not wait when the event is full", async ({ skip }) => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, endpointMap.dma);
  const bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  await pair.host.bus.writel(bar + enable, 1);
  const endpoint = pair.endpoint.process.pid;
  await suspend(endpoint);
  const pids = [endpoint, pair.host.process.pid].map(String);
  const filled = spawnSync("python3", ["-c", fill, ...pids], { encoding: "utf8" });
  if (filled.status !== 0) skip(`no way to the endpoint's descriptors: ${filled.stderr}`);
  // One for each of the eight channels, and the host's.
  expect(Number(filled.stdout)).toBe(9);
  await pair.host.bus.writel(bar + doorbell, 0);
  await pair.host.bus.writel(bar + doorbell, 1);
  await pair.host.bus.writel(bar + status, 1);
  process.kill(endpoint, "SIGCONT");
  await pair.host.bus.readl(bar + status);
});
