// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { controllerStats } from "../lab/stats.ts";
import { parseStatistics, type SideStatistics } from "../steps/transport-statistics.ts";
import { checkKinds, judge } from "./registry.ts";

const channel = {
  doorbells: 1,
  transfers: 1,
  elements: 1,
  notifications: 0,
  aborts: 0,
  busy_ns: 0,
};
const controller = controllerStats.parse({
  write: [{ ...channel, bytes: 3000 }],
  read: [
    { ...channel, bytes: 2000 },
    { ...channel, bytes: 4 },
  ],
  ...{ msi: 1, msix: 0, intx: 0, imwr: 0, doorbells: 0 },
  ...{ register_reads: 0, register_writes: 0, faults: 0 },
});
const host = `pair qp0
backend: remote-edma
session: up gen 1 peer 1
tx_pkts: 20
tx_bytes: 1900
tx_async: 20
tx_memcpy: 0
tx_errors: 0
rx_pkts: 28
rx_bytes: 2800
rx_lost: 2
tx_dma_bytes: 2000
`;
const endpoint = `pair qp0
backend: remote-edma
tx_pkts: 30
tx_bytes: 2800
tx_async: 28
tx_memcpy: 0
tx_errors: 2
rx_pkts: 20
rx_bytes: 1900
rx_lost: 0
tx_dma_bytes: 3000
`;

function reason(
  params: Record<string, unknown>,
  change: { host?: [string, string]; controller?: Partial<typeof controller> } = {},
  texts = { host, endpoint },
) {
  const side = (text: string, [from, to]: [string, string] = ["", ""]): SideStatistics =>
    parseStatistics(text.replace(from, to));
  const data = {
    host: side(texts.host, change.host),
    endpoint: side(texts.endpoint),
    controller: { ...controller, ...change.controller },
  };
  const schema = checkKinds.get("transport-sums")?.schema;
  const [result] = judge(
    [
      {
        ...{ kind: "transport-sums", id: "sums", title: "sums" },
        params: schema?.parse({ of: "read", lost: "some", ...params }) ?? {},
      },
    ],
    {
      evidence: [{ id: "read", kind: "transport-statistics", data }],
      ...{ consoles: { host: [], endpoint: [] }, metrics: [], complete: true },
    },
  );
  return result?.reason;
}

describe("sums that are", () => {
  test("equal pass, the notifying channel's bytes apart", () => {
    expect(reason({ pairs: 1 })).toBe("");
  });
  test("not the engine's fail", () => {
    expect(reason({}, { host: ["tx_dma_bytes: 2000", "tx_dma_bytes: 1999"] })).toBe(
      "host: bytes of DMA descriptors, and bytes the engine's channels moved: 1999 is not 2000",
    );
  });
  test("not the engine's are no fault once it has aborted", () => {
    const write = [{ ...channel, aborts: 1, bytes: 2500 }];
    expect(reason({}, { controller: { write } })).toBe("");
  });
  test("not the peer's fail", () => {
    expect(reason({}, { host: ["rx_pkts: 28", "rx_pkts: 27"] })).toContain(
      "endpoint: frames sent, and frames its peer received: 28 is not 27",
    );
    expect(reason({}, { host: ["rx_lost: 2", "rx_lost: 1"] })).toContain("2 is not 1");
  });
  test("not the side's own fail", () => {
    expect(reason({}, { host: ["tx_async: 20", "tx_async: 19"] })).toContain("20 is not 19");
  });
});

test("loss is as it has to be", () => {
  expect(reason({ lost: "none" })).toBe("2 frames were lost");
});

test("frames have to have been sent: nothing equals nothing, under whatever name it is counted", () => {
  const idle = "pair qp0\nbackend: default\nframes_sent: 9\n";
  expect(reason({ lost: "none" }, {}, { host: idle, endpoint: idle })).toBe("no frame was sent");
});

test("queue pairs have to be there, and to have carried something", () => {
  expect(reason({ pairs: 2 })).toContain("1 queue pairs, not 2");
  expect(reason({ pairs: 1 }, { host: ["rx_pkts: 28", "rx_pkts: 0"] })).toContain(
    "host: 1 queue pairs have carried nothing one way",
  );
});

test("what is no statistics is told", () => {
  expect(() => parseStatistics("cat: qp*/stats: No such file")).toThrow("No such file");
});
