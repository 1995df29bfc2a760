// SPDX-License-Identifier: MIT

import { createHash } from "node:crypto";

/** Anything that JSON can hold; keys of objects are sorted before hashing. */
export type KeyInput =
  | string
  | number
  | boolean
  | null
  | readonly KeyInput[]
  | { readonly [key: string]: KeyInput };

/** SHA-256, in hexadecimal, of `input` in a canonical form. */
export function cacheKey(input: KeyInput): string {
  return sha256(JSON.stringify(canonical(input)));
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function canonical(input: KeyInput): KeyInput {
  if (Array.isArray(input)) return input.map(canonical);
  if (input === null || typeof input !== "object") return input;
  const pairs = Object.entries(input as Readonly<Record<string, KeyInput>>);
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, canonical(value)]);
}
