// SPDX-License-Identifier: MIT

/** One thing to fuzz: a harness and the device sources that it is linked with. */
export interface Target {
  readonly name: string;
  readonly what: string;
  /** Files of this directory. */
  readonly harness: readonly string[];
  /** What of `qemu-devices/src` is under test, by its path there: files, and folders (`dbi/`) with all that is below. */
  readonly sources: readonly string[];
  /** Bytes of an input at most: longer ones only repeat themselves. */
  readonly maxLength: number;
}

/** All of the engine but its threads, which tie it to a machine. */
const engine = [
  "edma/channel.c",
  "edma/element.c",
  "edma/forgive.c",
  "edma/inject.c",
  "edma/regs.c",
  "edma/walk.c",
  "link/post-ring.c",
];

export const targets: readonly Target[] = [
  {
    name: "edma-registers",
    what: "the eDMA's registers, from the CPU, from the host and through the ring",
    harness: ["edma-registers.c", "edma-world.c", "map-edma.c"],
    sources: [...engine, "edma/v0/"],
    maxLength: 512,
  },
  {
    name: "edma-list",
    what: "the walk of a linked list",
    harness: ["edma-list.c", "edma-world.c", "map-edma.c"],
    sources: [...engine, "edma/v0/"],
    maxLength: 1024,
  },
  {
    name: "hdma-registers",
    what: "HDMA's registers, from the CPU, from the host and through the ring",
    harness: ["edma-registers.c", "edma-world.c", "map-hdma.c"],
    sources: [...engine, "edma/hdma/"],
    maxLength: 512,
  },
  {
    name: "hdma-list",
    what: "the walk of a linked list under HDMA's registers",
    harness: ["edma-list.c", "edma-world.c", "map-hdma.c"],
    sources: [...engine, "edma/hdma/"],
    maxLength: 1024,
  },
  {
    name: "link-decode",
    what: "the link's decoder, and the functions that it announces",
    harness: ["link-decode.c"],
    sources: ["link/decode.c", "link/config.c"],
    maxLength: 4096,
  },
  {
    name: "link-endpoint",
    what: "the endpoint's end of the link: what it does with the messages of a peer",
    harness: ["link-endpoint.c"],
    sources: [
      "endpoint/link.c",
      "core/controller.c",
      "windows/access.c",
      "windows/inbound.c",
      "windows/errors.c",
      "memory/iotlb.c",
      "link/decode.c",
      "link/post-ring.c",
      "memory/ram-map.c",
      "dbi/",
      "edma/regs.c",
      "edma/channel.c",
      "edma/forgive.c",
      "edma/inject.c",
      "edma/v0/",
    ],
    maxLength: 1024,
  },
  {
    name: "ram-map",
    what: "the tables of RAM that a peer announces",
    harness: ["ram-map.c"],
    sources: ["memory/ram-map.c"],
    maxLength: 256,
  },
  {
    name: "dbi",
    what: "configuration space, BAR masks and resizable BARs, from both sides",
    harness: ["dbi.c"],
    sources: ["dbi/dbi.c", "dbi/bars.c", "dbi/layout.c", "dbi/rebar.c", "dbi/aer.c", "dbi/ats.c"],
    maxLength: 512,
  },
  {
    name: "iatu",
    what: "the iATU's registers and what they match",
    harness: ["iatu.c"],
    sources: ["dbi/iatu.c"],
    maxLength: 512,
  },
];
