// SPDX-License-Identifier: MIT
import { dirname, resolve } from "node:path";
import { kernelPart } from "./part.ts";

const anywhere = (file: string, directory: string) => resolve(directory, file);

/** Files with settings on top of the project's own; later ones win. */
export const fragments = kernelPart<readonly string[]>()({
  flags: {
    "config-fragment": {
      type: "string",
      multiple: true,
      value: "FILE",
      help: "settings on top of the project's own; may be given several times, the last one wins",
      anywhere,
    },
  },
  pinned: [],
  read: ({ values, directory }) =>
    (values["config-fragment"] ?? []).map((file) => anywhere(file, directory)),
  gives: (files) => ({ fragments: files.map((file) => ({ file, given: true })) }),
  travels: "copied files",
  places: (files) => files.map((file) => ({ own: dirname(file), alias: "PATCHES" })),
});
