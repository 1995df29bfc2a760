// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { projectDirectory } from "../project.ts";

const containerfile = readFileSync(join(projectDirectory, "Containerfile"), "utf8");
const stages = [...containerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name ?? "");

const schema = z.object({
  build: z.object({ dockerfile: z.string(), context: z.string(), target: z.string() }),
  mounts: z.array(z.string()),
  postCreateCommand: z.string(),
});

test("the devcontainer is a stage of the Containerfile, and ends with a run", () => {
  const home = join(projectDirectory, ".devcontainer");
  const text = readFileSync(join(home, "devcontainer.json"), "utf8");
  const settings = schema.parse(JSON.parse(text.replace(/^\s*\/\/.*$/gm, "")));
  const { dockerfile, context, target } = settings.build;
  expect(resolve(home, dockerfile)).toBe(join(projectDirectory, "Containerfile"));
  expect(resolve(home, context)).toBe(resolve(projectDirectory));
  expect(stages).toContain(target);
  expect(settings.mounts.join()).toContain("target=/root/.cache/ntb-edma-lab,");
  expect(settings.postCreateCommand).toBe("./ntb-edma-lab build && npm run scenario smoke");
});

test("stages come from stages that there are, and what one hands to another is written there", () => {
  for (const [, from] of containerfile.matchAll(/^FROM (?!docker\.io\/)(\S+)/gm)) {
    expect(stages).toContain(from);
  }
  const exported = /--export (\S+)/.exec(containerfile)?.[1];
  const mount = /--mount=type=bind,from=(\w+),source=(\S+),target=(\S+)/.exec(containerfile);
  expect(mount?.slice(1, 3)).toEqual(["build", exported]);
  expect(containerfile).toContain(`build --import ${mount?.[3]}`);
});

test("what is built here stays out of the image", () => {
  const lines = readFileSync(join(projectDirectory, ".containerignore"), "utf8").split("\n");
  expect(lines).toEqual(expect.arrayContaining(["node_modules", "runs"]));
  expect(existsSync(join(projectDirectory, ".dockerignore"))).toBe(true);
});
