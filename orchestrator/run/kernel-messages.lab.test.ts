// SPDX-License-Identifier: MIT
//
// A kernel that words a message otherwise would no longer be understood: what ends a run has to stand in its sources as written.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { complaintKinds, stackDump } from "../lab/complaints.ts";

const { sourceDir } = inject("artifacts").guests.host.kernel;
const messages = [...complaintKinds, stackDump].flatMap(({ name, from }) =>
  Object.entries(from).map(([file, words]) => ({ name, file, words })),
);

test.each(messages)("$name: $file prints $words", ({ file, words }) => {
  expect(readFileSync(join(sourceDir, file), "utf8")).toContain(words);
});
