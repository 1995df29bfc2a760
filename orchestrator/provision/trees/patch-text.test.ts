// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { hunkAt, movedFrom } from "./patch-text.ts";

const patch = `--- a/drivers/ntb/core.c\t2026-01-01
+++ b/drivers/ntb/core.c\t2026-01-02
@@ -12,3 +12,3 @@ static int probe(void)
--- removed/comment
+new
 same
 same
@@ -40 +40 @@
-a
+b
diff --git a/old.c b/lib/new.c
rename from old.c
rename to lib/new.c
--- /dev/null
+++ b/Kconfig
@@ -0,0 +1 @@
+x
-- 
2.47.0
`;

test("what a patch moves away", () => {
  expect(movedFrom(patch)).toEqual(["old.c"]);
});

test("a hunk by its file and line", () => {
  expect(hunkAt(patch, "drivers/ntb/core.c", 12)).toBe("@@ -12,3 +12,3 @@ static int probe(void)");
  expect(hunkAt(patch, "drivers/ntb/core.c", 40)).toBe("@@ -40 +40 @@");
  expect(hunkAt(patch, "Kconfig", 12)).toBeUndefined();
});
