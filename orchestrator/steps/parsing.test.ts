// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { parseGuestCounters } from "./counters.ts";
import { parseDevices } from "./inspect.ts";
import { parseIperf3 } from "./iperf3-json.ts";
import { parsePing } from "./ping.ts";
import { occurrences, parseBars, parseMemoryRanges, within } from "./window-scan.ts";

describe("iperf3", () => {
  const sum = { start: 0, end: 3, seconds: 3.0, bytes: 600_000_000, bits_per_second: 1.6e9 };

  test("takes what the receiver saw", () => {
    const sample = parseIperf3(
      JSON.stringify({
        start: {},
        intervals: [
          { streams: [], sum: { ...sum, end: 1, omitted: true } },
          { streams: [], sum: { ...sum, end: 1.5, omitted: false } },
        ],
        end: {
          sum_sent: { ...sum, bytes: 610_000_000, retransmits: 2, sender: true },
          sum_received: { ...sum, sender: true },
        },
      }),
    );
    expect(sample).toEqual({
      seconds: 3,
      bytesSent: 610_000_000,
      bytesReceived: 600_000_000,
      gigabits: 1.6,
      retransmits: 2,
      lostPercent: undefined,
      intervals: [{ start: 0, end: 1.5, gigabits: 1.6 }],
    });
  });

  test("takes UDP's loss", () => {
    const received = { ...sum, jitter_ms: 0.1, packets: 100, lost_packets: 5, lost_percent: 5 };
    const text = JSON.stringify({ end: { sum_sent: sum, sum_received: received } });
    expect(parseIperf3(text).lostPercent).toBe(5);
  });

  test.each([
    [
      "iperf3's own error",
      '{"start":{},"end":{},"error":"unable to connect to server"}',
      "iperf3: unable to connect to server",
    ],
    ["no output", "", "expected JSON from iperf3, got: nothing"],
    ["no sums", '{"end":{}}', "iperf3's JSON has no end.sum_sent and end.sum_received"],
    [
      "a sum of another shape",
      '{"end":{"sum_sent":{"bytes":"x"}}}',
      "iperf3's JSON is not as expected",
    ],
  ])("fails on %s", (_what, text, message) => {
    expect(() => parseIperf3(text)).toThrow(message);
  });
});

describe("ping", () => {
  test("counts answers and keeps every round trip", () => {
    const text = `PING 192.168.77.2 (192.168.77.2) from 192.168.77.1 ntb0: 56(84) bytes of data.
64 bytes from 192.168.77.2: icmp_seq=1 ttl=64 time=4.21 ms
64 bytes from 192.168.77.2: icmp_seq=3 ttl=64 time=0.987 ms

--- 192.168.77.2 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 40ms
rtt min/avg/max/mdev = 0.987/2.598/4.210/1.611 ms
`;
    const early = `${text}answered 2\n`;
    expect(parsePing(early)).toEqual({ sent: 3, received: 2, rtt: [4.21, 0.987] });
    const late = `${text}answered 3\n`;
    expect(parsePing(late)).toEqual({ sent: 3, received: 3, rtt: [4.21, 0.987] });
  });

  test("fails without a summary", () => {
    expect(() => parsePing("ping: connect: Network is unreachable")).toThrow(
      "Network is unreachable",
    );
  });
});

test("counters: interrupts by handler, over all CPUs, several lines of one handler added up", () => {
  const text = `1000
2000
            CPU0       CPU1
  11:       1405         10  GICv3                       27 Level     arch_timer
  18:          1          2  ITS-PCI-MSI-0000:01:00.0     0 Edge      ntb_epf
  19:          3          4  ITS-PCI-MSI-0000:01:00.0     1 Edge      ntb_epf
  14:          5          0  GICv3         208 Level     dw-edma-core:b000000.pcie-ep, ntb-edma-tx
IPI0:          7          8  Rescheduling interrupts
 Err:          0
`;
  expect(parseGuestCounters(text)).toEqual({
    txBytes: 1000,
    rxBytes: 2000,
    interrupts: {
      arch_timer: 1415,
      ntb_epf: 10,
      "dw-edma-core:b000000.pcie-ep, ntb-edma-tx": 5,
      IPI0: 15,
      Err: 0,
    },
  });
});

test("devices: drivers and DMA channels", () => {
  const text = "bound pci 0000:01:00.0 ntb_hw_epf\ndma dma0chan0 0000:01:00.0\n";
  expect(parseDevices(text)).toEqual({
    bound: [{ bus: "pci", device: "0000:01:00.0", driver: "ntb_hw_epf" }],
    dma: [{ channel: "dma0chan0", device: "0000:01:00.0" }],
  });
});

describe("the window scan", () => {
  test("reads memory BARs from sysfs", () => {
    const text = `0x0000000010500000 0x00000000105003ff 0x0000000000040200
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000010500400 0x000000001050047f 0x0000000000040200
0x0000000000001000 0x000000000000103f 0x0000000000040101
0x0000000010000000 0x00000000103fffff 0x0000000000040200
0x0000000010400000 0x00000000104fffff 0x0000000000040200
`;
    expect(parseBars(text).map((bar) => [bar.index, bar.bytes])).toEqual([
      [0, 1024],
      [2, 128],
      [4, 4 << 20],
      [5, 1 << 20],
    ]);
  });

  test("reads memory from QEMU's view of the CPU's addresses only", () => {
    const text = `FlatView #0
 AS "I/O", root: io
 Root memory region: io
  0000000010400000-00000000104fffff (prio 0, ram): not this

FlatView #1
 AS "memory", root: system
 AS "cpu-memory-0", root: system
 Root memory region: system
  0000000010400000-0000000010400fff (prio 0, ram): dwc-peer-0 @0000000001000000
  0000000010401000-0000000010401fff (prio 0, i/o): dwc-bar-trap @0000000000001000
  0000000010402000-00000000104fffff (prio 0, ram): dwc-peer-0 @0000000002000000
  0000000040000000-000000007fffffff (prio 0, ram): ram
`;
    const ranges = within(
      { index: 5, address: 0x10400000, bytes: 0x100000 },
      parseMemoryRanges(text),
    );
    expect(ranges).toEqual([
      { first: 0x10400000, last: 0x10400fff },
      { first: 0x10402000, last: 0x104fffff },
    ]);
  });

  test("counts markers, overlapping ones too", () => {
    expect(occurrences(Buffer.from("xaaax"), "aa")).toBe(2);
    expect(occurrences(Buffer.alloc(4096), "aa")).toBe(0);
  });
});
