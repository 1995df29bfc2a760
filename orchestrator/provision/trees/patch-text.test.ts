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

const hunks = (...lines: string[]) =>
  `${["--- a/x.c", "+++ b/x.c", ...lines, "@@ -9 +9 @@ int last;", "-a", "+b"].join("\n")}\n`;

test.each([
  ["of several lines", ["@@ -1,3 +1,2 @@", " same", "+new", "-old", "--- a/other.c"]],
  ["of one line", ["@@ -1 +1,2 @@", "+new", "+new", "--- a/other.c"]],
  ["that adds before it removes", ["@@ -1,2 +1,1 @@", "+new", "-old", "--- a/other.c"]],
  ["at the end of a file", ["@@ -1,2 +1 @@", "-old", "\\ No newline", "--- a/other.c", "+new"]],
  ["that only adds", ["@@ -0,0 +1,2 @@", "+new", "+++ a/other.c"]],
])("what a hunk %s removes is no header", (_which, lines) => {
  expect(hunkAt(hunks(...lines), "x.c", 9)).toBe("@@ -9 +9 @@ int last;");
});

test("a header that is one ends the file before", () => {
  const patch = hunks("@@ -1 +1 @@", "-a", "+b", "--- a/other.c", "+++ b/other.c");
  expect(hunkAt(patch, "x.c", 9)).toBeUndefined();
  expect(hunkAt(patch, "other.c", 9)).toBe("@@ -9 +9 @@ int last;");
});

test("another system's ends of lines are no part of what is told", () => {
  const other = patch.replaceAll("\n", "\r\n");
  expect(movedFrom(other)).toEqual(["old.c"]);
  expect(hunkAt(other, "drivers/ntb/core.c", 40)).toBe("@@ -40 +40 @@");
  expect(hunkAt(hunks("@@ -1 +1 @@", "-a", "+b").replaceAll("\n", "\r\n"), "x.c", 9)).toBe(
    "@@ -9 +9 @@ int last;",
  );
});
