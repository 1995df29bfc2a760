// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { missingFiles } from "./missing-files.ts";

const source = `Need to get 39.4 MB of source archives.
Err:1 http://deb.debian.org/debian trixie-backports/main qemu 1:11.1.3+ds-1~bpo13+1 (dsc)
  404  Not Found [IP: 203.0.113.80 80]
Err:2 http://deb.debian.org/debian trixie-backports/main qemu 1:11.1.3+ds-1~bpo13+1 (tar)
  404  Not Found [IP: 203.0.113.80 80]
E: Failed to fetch http://deb.debian.org/debian/pool/main/q/qemu/qemu_11.1.3%2bds.orig.tar.xz  404  Not Found [IP: 203.0.113.80 80]
E: Failed to fetch some archives.`.split("\n");

test("what a mirror names and does not have is told, with the mirror", () => {
  expect(missingFiles(source)).toMatch(
    /^http:\/\/deb\.debian\.org\/debian names files in its index that it does not have: qemu 1:11\.1\.3\+ds-1~bpo13\+1 \(dsc\), qemu .* \(tar\)\. A mirror may lack them/,
  );
});

test("what ended otherwise is not", () => {
  const failed = ["Err:1 http://deb.debian.org/debian trixie InRelease", "  Could not connect"];
  expect(missingFiles(failed)).toBeUndefined();
  expect(missingFiles(["E: Unable to locate package qemu-system-amr"])).toBeUndefined();
});
