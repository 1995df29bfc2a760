// SPDX-License-Identifier: MIT
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { readIfThere } from "../provision/work/files.ts";
import { unpack } from "./archive.ts";
import { type Manifest, manifestFile, manifestSchema } from "./manifest.ts";

export interface OpenBundle {
  /** Directory that the manifest's paths begin in. */
  readonly top: string;
  readonly manifest: Manifest;
}

/** Unpacks a bundle into an empty directory. Throws UsageError for a file that is none. */
export async function openBundle(file: string, into: string): Promise<OpenBundle> {
  await unpack(file, into);
  const [name, ...others] = await readdir(into);
  if (name === undefined || others.length > 0) {
    throw new UsageError(`${file} is no bundle: expected one directory at its top`);
  }
  const top = join(into, name);
  const text = await readIfThere(join(top, manifestFile));
  if (text === undefined) throw new UsageError(`${file} is no bundle: it has no ${manifestFile}`);
  const manifest = manifestSchema.safeParse(parsed(text));
  if (manifest.success) return { top, manifest: manifest.data };
  const [issue] = manifest.error.issues;
  throw new UsageError(
    `${file}: ${manifestFile} is not as this version of the lab writes it: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
