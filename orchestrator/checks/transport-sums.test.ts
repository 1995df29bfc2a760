// SPDX-License-Identifier: MIT

import { describe, expect, test } from "vitest";
import { countersOf } from "../lab/testing/counters.ts";
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
const controller = countersOf({
  write: [{ ...channel, bytes: 3000 }],
  read: [
    { ...channel, bytes: 2000 },
    { ...channel, bytes: 4 },
  ],
  msi: 1,
});
const count = (sent: number, repeated: number, received: number) =>
  `notifications_sent: ${sent}\nnotifications_repeated: ${repeated}\nnotifications_received: ${received}\ncompletions_polled: 0\n`;
const host = `${count(20, 0, 9)}pair qp0
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
interrupts: 9
`;
const endpoint = `${count(9, 0, 20)}pair qp0
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
interrupts: 20
`;

interface Change {
  readonly host?: [string, string];
  readonly endpoint?: [string, string];
  readonly controller?: Partial<typeof controller>;
}

function reason(params: Record<string, unknown>, change: Change = {}, texts = { host, endpoint }) {
  return judged(params, change, texts)?.reason;
}

function judged(params: Record<string, unknown>, change: Change = {}, texts = { host, endpoint }) {
  const side = (text: string, [from, to]: [string, string] = ["", ""]): SideStatistics =>
    parseStatistics(text.replace(from, to));
  const data = {
    host: side(texts.host, change.host),
    endpoint: side(texts.endpoint, change.endpoint),
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
  return result;
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

describe("notifications", () => {
  const lossless: [string, string][] = [
    ["tx_errors: 2", "tx_errors: 0"],
    ["tx_async: 28", "tx_async: 30"],
  ];
  const whole = (text: string) =>
    lossless
      .reduce((now, [from, to]) => now.replace(from, to), text)
      .replace("rx_lost: 2", "rx_lost: 0");
  const told = (ofHost: string, ofEndpoint: string, more = "", interrupts = 9) => {
    const [theirs, ours] = [whole(host), whole(endpoint)].map((text) =>
      text.slice(text.indexOf("pair")),
    );
    const texts = {
      host: `${ofHost}${theirs}${more}`
        .replace("rx_pkts: 28", "rx_pkts: 30")
        .replace("interrupts: 9", `interrupts: ${interrupts}`),
      endpoint: `${ofEndpoint}${ours}`,
    };
    return reason({ lost: "none" }, {}, texts);
  };

  test("have to interrupt the peer, and not only be found by looking", () => {
    expect(told(count(20, 1, 5), count(9, 0, 19))).toBe("");
    expect(told(count(13, 12, 6), count(6, 0, 0))).toBe(
      "host: 13 notifications, 12 of them repeated, and 0 interrupted its peer; host: of 13 notifications 12 were repeated, for nobody answered",
    );
    expect(told(count(20, 0, 5), count(9, 0, 19))).toBe(
      "host: 20 notifications, and 19 interrupted its peer",
    );
    // Messages of the endpoint may come together.
    expect(told(count(0, 0, 1), count(9, 0, 0))).toBe("");
    expect(told(count(0, 0, 0), count(9, 0, 0))).toBe(
      "endpoint: 9 notifications, and 0 interrupted its peer",
    );
  });
  test("and ends of descriptors are told of by interrupts, and looked for no more than now and then", () => {
    const late = (repeated: number) => told(count(20, repeated, 5), count(9, 0, 20));
    expect(late(10)).toBe("");
    expect(late(11)).toBe("host: of 20 notifications 11 were repeated, for nobody answered");
    // Of so few none says anything.
    expect(told(count(9, 8, 5), count(9, 0, 9))).toBe("");
    const polled = (times: number, batches: number) =>
      told(
        count(20, 0, 5).replace("polled: 0", `polled: ${times}`),
        count(9, 0, 20),
        `tx_batches: ${batches}\n`,
      );
    expect(polled(6, 12)).toBe("");
    expect(polled(7, 12)).toBe(
      "host: of 12 descriptors the ends of 7 were looked for, for no interrupt told of them",
    );
    expect(polled(9, 9)).toBe("");
  });
  test("of frames that arrived there has been one, with either backend", () => {
    const shared = (text: string, interrupts: number) =>
      `${whole(text)
        .slice(text.indexOf("pair"))
        .replace("remote-edma", "shared-memory")
        .replace("rx_pkts: 28", "rx_pkts: 30")
        .replace(/interrupts: \d+/, `interrupts: ${interrupts}`)}`;
    const of = (ofHost: number, ofEndpoint: number) =>
      reason(
        { lost: "none" },
        {},
        { host: shared(host, ofHost), endpoint: shared(endpoint, ofEndpoint) },
      );
    expect(of(1, 1)).toBe("");
    expect(of(0, 3)).toBe("host: 30 frames have arrived, and no interrupt told of any");
    expect(of(3, 0)).toBe("endpoint: 20 frames have arrived, and no interrupt told of any");
    expect(told(count(20, 0, 9), count(9, 0, 20), "", 0)).toBe(
      "host: 30 frames have arrived, and no interrupt told of any",
    );
  });
  test("have to be counted", () => {
    expect(told(count(20, 0, 5).replace("completions_polled: 0\n", ""), count(9, 0, 20))).toBe(
      "host: no count of descriptors whose end was looked for",
    );
    expect(told("", count(9, 0, 0))).toBe(
      "host: no count of notifications; host: no count of descriptors whose end was looked for; endpoint: no count of notifications",
    );
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

describe("what is said", () => {
  test("is frames and losses of both sides, and the engine's bytes where it moved them", () => {
    expect(judged({})).toMatchObject({
      measured: "host 20 frames, endpoint 30 frames, 2 lost; by the engine 2000 and 3000 bytes",
      expected: "10 sums that are equal, some loss",
    });
    const other: Change = { endpoint: ["backend: remote-edma", "backend: default"] };
    expect(judged({}, other)).toMatchObject({
      ...{ status: "pass", measured: "host 20 frames, endpoint 30 frames, 2 lost" },
      expected: "6 sums that are equal, some loss",
    });
    expect(judged({ lost: "none" })?.expected).toBe("10 sums that are equal, no loss");
  });
  test("where a loss was to be and was not", () => {
    const whole: Change = {
      host: ["rx_lost: 2", "rx_lost: 0"],
      endpoint: [
        "tx_pkts: 30\ntx_bytes: 2800\ntx_async: 28\ntx_memcpy: 0\ntx_errors: 2",
        "tx_pkts: 28\ntx_bytes: 2800\ntx_async: 28\ntx_memcpy: 0\ntx_errors: 0",
      ],
    };
    expect(reason({ lost: "none" }, whole)).toBe("");
    expect(reason({ lost: "some" }, whole)).toBe("no frame was lost");
  });
});

test("frames that the peer refused for want of a buffer arrived", () => {
  const refused: Change = { host: ["rx_pkts: 28", "rx_pkts: 25\nrx_err_oflow: 3"] };
  expect(reason({}, refused)).toBe("");
});

test("all of the host's read channels moved payload but the last, which notifies", () => {
  const read = [
    { ...channel, bytes: 1500 },
    { ...channel, bytes: 500 },
    { ...channel, bytes: 4 },
  ];
  expect(reason({}, { controller: { read } })).toBe("");
});

test("one side that sends is enough", () => {
  const mute = "pair qp0\nbackend: default\ntx_pkts: 0\ntx_bytes: 0\nrx_pkts: 5\nrx_bytes: 50\n";
  const talk =
    "pair qp0\nbackend: default\ntx_pkts: 5\ntx_bytes: 50\ntx_memcpy: 5\nrx_pkts: 0\nrx_bytes: 0\n";
  expect(reason({ lost: "none" }, {}, { host: talk, endpoint: mute })).toBe("");
});

test("what is no statistics is told", () => {
  expect(() => parseStatistics("cat: qp*/stats: No such file")).toThrow("No such file");
});
