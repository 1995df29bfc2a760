// SPDX-License-Identifier: MIT

/** One thing to fuzz: a harness and the device sources that it is linked with. */
export interface Target {
  readonly name: string;
  readonly what: string;
  /** Files of this directory. */
  readonly harness: readonly string[];
  /** Which files of `qemu-devices/src` are under test. */
  readonly sources: RegExp;
  /** Bytes of an input at most: longer ones only repeat themselves. */
  readonly maxLength: number;
}

/** All of the engine but what ties it to a machine: its threads and its port. */
const engine = /^(edma-(?!engine|endpoint).*|post-ring)\.c$/;

export const targets: readonly Target[] = [
  {
    name: "edma-registers",
    what: "the eDMA's registers, from the CPU, from the host and through the ring",
    harness: ["edma-registers.c", "edma-world.c"],
    sources: engine,
    maxLength: 512,
  },
  {
    name: "edma-list",
    what: "the linked-list walker",
    harness: ["edma-list.c", "edma-world.c"],
    sources: engine,
    maxLength: 1024,
  },
  {
    name: "link-decode",
    what: "the link's decoder, and the functions that it announces",
    harness: ["link-decode.c"],
    sources: /^link-(decode|config)\.c$/,
    maxLength: 4096,
  },
  {
    name: "link-endpoint",
    what: "the endpoint's end of the link: what it does with the messages of a peer",
    harness: ["link-endpoint.c"],
    sources:
      /^(endpoint-link|controller-lines|inbound|link-decode|dbi.*|iatu|iotlb|ram-map|post-ring|edma-(regs|channel|inject|v0.*))\.c$/,
    maxLength: 1024,
  },
  {
    name: "ram-map",
    what: "the tables of RAM that a peer announces",
    harness: ["ram-map.c"],
    sources: /^ram-map\.c$/,
    maxLength: 256,
  },
  {
    name: "dbi",
    what: "configuration space, BAR masks and resizable BARs, from both sides",
    harness: ["dbi.c"],
    sources: /^dbi.*\.c$/,
    maxLength: 512,
  },
  {
    name: "iatu",
    what: "the iATU's registers and what they match",
    harness: ["iatu.c"],
    sources: /^iatu\.c$/,
    maxLength: 512,
  },
];
