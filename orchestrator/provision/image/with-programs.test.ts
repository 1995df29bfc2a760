// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { Snapshot } from "../cache/snapshot.ts";
import { withPrograms } from "./with-programs.ts";

const file = (path: string, text: string) => ({ path, executable: false, data: Buffer.from(text) });
const definition: Snapshot = [
  file("applets", "ls\n"),
  file("extras/fio/packages", "fio\n"),
  file("extras/fio/programs", "/usr/bin/fio\n"),
  file("extras/other/packages", "other\n"),
  file("packages", "bash\n"),
  file("programs", "/usr/bin/bash\n"),
];
const texts = (snapshot: Snapshot) =>
  Object.fromEntries(snapshot.map(({ path, data }) => [path, data.toString()]));

test("what nobody asks for is no part of an image", () => {
  expect(texts(withPrograms(definition, []))).toEqual({
    ...{ applets: "ls\n", packages: "bash\n", programs: "/usr/bin/bash\n" },
  });
});

test("what is asked for comes behind what every image has, once", () => {
  expect(texts(withPrograms(definition, ["fio", "fio"]))).toEqual({
    ...{ applets: "ls\n", packages: "bash\nfio\n", programs: "/usr/bin/bash\n/usr/bin/fio\n" },
  });
});

test("a program without a list is an error, and no image without it", () => {
  expect(() => withPrograms(definition, ["other"])).toThrow("has no list 'programs'");
});
