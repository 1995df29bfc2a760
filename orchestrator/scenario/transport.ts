// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type KernelModule, kernelModule, word } from "./kernel-module.ts";

export const backends = ["remote-edma", "default"] as const;
export type Backend = (typeof backends)[number];

const modules = z.array(kernelModule).min(1).optional();

/**
 * How the transport under test is loaded, for each of its backends. What the steps load-transport and
 * unload-transport do follows from this alone, so that a tree that brings its own transport is described here.
 */
export const transportSchema = z
  .strictObject({
    /** `parameter`: `ntb_transport use_remote_edma=1`. `module`: `ntb_transport_edma`, without a parameter. */
    style: z.enum(["parameter", "module"]).default("parameter"),
    /** `lab`: this project's module where there is one. `tree`: the files that came with the kernel. */
    from: z.enum(["lab", "tree"]).default("lab"),
    /** Modules of a backend, in the order in which they are loaded, in place of what `style` says. */
    "remote-edma": modules,
    default: modules,
    symbols: z
      .array(
        z
          .string()
          .regex(/^CONFIG_\w+(?:=[my])?$/, { error: "expected CONFIG_NAME, or CONFIG_NAME=m" }),
      )
      .default([])
      .describe(
        "Configuration symbols that its modules depend on: a kernel without them is told so before anything boots.",
      ),
    ready: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A shell command that is waited for on each side once all is loaded, until it ends with 0.",
      ),
    unbind: z
      .array(word)
      .default([])
      .describe(
        "Drivers whose devices are unbound, of whichever bus, before anything is unloaded.",
      ),
    statistics: z
      .string()
      .regex(/^\/[\w./*-]+$/, {
        error: "expected an absolute path, in which * stands for anything",
      })
      .default("/sys/kernel/debug/ntb_transport/*")
      .describe("The directory that has a directory qpN with a file stats for each queue pair."),
  })
  .prefault({});
export type Transport = z.output<typeof transportSchema>;

/** What has to be loaded for a backend, in this order. */
export function transportModules(transport: Transport, backend: Backend): readonly KernelModule[] {
  return transport[backend] ?? [byStyle(transport, backend)];
}

function byStyle({ style, from }: Transport, backend: Backend): KernelModule {
  const edma = backend === "remote-edma";
  return {
    name: edma && style === "module" ? "ntb_transport_edma" : "ntb_transport",
    parameters: edma && style === "parameter" ? { use_remote_edma: 1 } : {},
    upstream: from === "tree",
  };
}
