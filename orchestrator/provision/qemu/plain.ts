// SPDX-License-Identifier: MIT

import type { GuestArchitecture } from "../../guest-architectures.ts";
import type { Cache } from "../cache/cache.ts";
import type { KeyInput } from "../cache/cache-key.ts";
import type { PRELOAD_VARIABLE } from "./packages.ts";

/** A QEMU without the devices, and what they are compiled against. */
export interface PlainQemu {
  /** Of the guests that it runs. */
  readonly architecture: GuestArchitecture;
  /** Path of the program. */
  readonly program: string;
  /** The same for a script in a result's directory, where `$here` is; a cache may be moved. */
  readonly seenFromResult: string;
  /** How the program is told of a library to load: the variable of the loader, or of the packages' script. */
  readonly preload: "LD_PRELOAD" | typeof PRELOAD_VARIABLE;
  /** Its source, or its build tree. */
  readonly headers: string;
  /** Whether they are there. */
  hasHeaders(cache: Cache): Promise<boolean>;
  /** Which it is, for people. */
  readonly version: string;
  /** What tells it from others: each has a build tree. */
  readonly identity: KeyInput;
  /** What it is now, where it may become another one in its place. */
  readonly state: KeyInput;
}
