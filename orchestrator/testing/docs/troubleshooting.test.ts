// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectDirectory } from "../../project.ts";
import { pageOf, projectFiles } from "./pages.ts";

const entries = pageOf("docs/troubleshooting.md")
  .text.split(/^### /m)
  .slice(1)
  .map((entry) => {
    const [heading = "", ...body] = entry.split("\n");
    return { heading, body: body.join("\n") };
  });

/** What the program and the devices can say: sources with an ellipsis for what they fill in, and no seams between lines. */
const sources = projectFiles
  .filter(
    (file) =>
      /^(?:ntb-edma-lab|(?:orchestrator|qemu-devices\/src)\/.*\.(?:ts|mjs|c))$/.test(file) &&
      !/\.test\.ts$|\/testing\//.test(file),
  )
  .map((file) =>
    readFileSync(join(projectDirectory, file), "utf8")
      .replace(/\$\{[^{}]*\}|%z?[sdu]/g, "…")
      .replace(/["'`]\s*\+?\s*\n\s*["'`]/g, "")
      .replaceAll('\\"', '"'),
  );

/** Messages that two places make together, by what each of them says. */
const composed: Readonly<Record<string, readonly string[]>> = {
  "host VM: WARN:": ["…: …: ……", 'name: "WARN"'],
  "QEMU ended with status": ["…: QEMU …: …", "ended with status …"],
  "QEMU was killed by": ["…: QEMU …: …", "was killed by …"],
  "no attribute … in this kernel, only:": ["no attribute $(basename ", ") in this kernel, only: "],
  "cannot run: the …'s kernel:": ["… cannot run: …", "the …'s kernel: …"],
};

/** The messages that a heading quotes. */
function messagesIn(heading: string): string[] {
  return [...heading.matchAll(/`([^`]+)`/g)].map(([, message = ""]) =>
    message.replace(/^[… ]+|[… ]+$/g, ""),
  );
}

test.each(entries.map(({ heading }) => heading))("the lab still says %s", (heading) => {
  const messages = messagesIn(heading);
  expect(messages).not.toEqual([]);
  const lost = messages
    .flatMap((message) => composed[message] ?? message)
    .filter((message) => !sources.some((text) => text.includes(message)));
  expect(lost).toEqual([]);
});

test.each(entries.map(({ heading, body }) => [heading, body] as const))(
  "%s: what it means, where to look, what to do",
  (_heading, body) => {
    const labels = [...body.matchAll(/^- \*\*(\w+):\*\*/gm)].map((match) => match[1]);
    expect(labels).toEqual(["Means", "Look", "Do"]);
  },
);
