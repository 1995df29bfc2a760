// SPDX-License-Identifier: MIT
//
// The actions that workflows use, as far as jobs hand something over by them.

import { join } from "node:path";
import type { CacheUser } from "./cache-service.ts";
import type { Run } from "./run.ts";
import { checkOut, lendBuilt, lendPackages, type Site } from "./site.ts";

/** The job whose step an action is. */
export interface ActionJob extends CacheUser {
  readonly site: Site;
  readonly run: Run;
  /** What is done once all steps have passed. */
  readonly atEnd: (() => Promise<string>)[];
  /** Where programs of the job keep caches. */
  readonly cacheHome: () => string;
}

export interface Done {
  readonly note: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** A person should know of it without looking into the log. */
  readonly remarkable: boolean;
}

type Given = Readonly<Record<string, string>>;

/** @throws Error where the action fails, and for an action or an input that is not known here. */
export async function runAction(uses: string, given: Given, job: ActionJob): Promise<Done> {
  const name = uses.replace(/@.*/, "");
  const action = actions[name];
  if (action === undefined) throw new Error(`a rehearsal does not know the action ${name}`);
  const strange = Object.keys(given).filter((input) => !action.inputs.includes(input));
  if (strange.length > 0) {
    throw new Error(`a rehearsal does not know what ${strange.join(", ")} means to ${name}`);
  }
  return action.run(given, job);
}

interface Action {
  readonly inputs: readonly string[];
  run(given: Given, job: ActionJob): Promise<Done>;
}

const cacheInputs = ["path", "key", "restore-keys"];

const actions: Readonly<Record<string, Action>> = {
  "actions/checkout": {
    inputs: ["persist-credentials"],
    run: async (_given, { site, run, workspace }) => {
      const note = await checkOut(site, workspace);
      site.amend?.(workspace, run.number);
      return quiet(note);
    },
  },
  "actions/setup-node": {
    inputs: ["node-version"],
    run: async (_given, { site, workspace }) => quiet(await lendPackages(site, workspace)),
  },
  "actions/cache": {
    inputs: cacheInputs,
    run: async (given, job) => {
      const done = await restore(given, job);
      if (done.outputs["cache-hit"] !== "true") job.atEnd.push(() => save(given, job));
      return done;
    },
  },
  "actions/cache/restore": { inputs: cacheInputs, run: restore },
  "actions/cache/save": {
    inputs: cacheInputs,
    run: async (given, job) => ({ ...quiet(await save(given, job)), remarkable: true }),
  },
  "actions/upload-artifact": {
    inputs: [
      ...["name", "path", "if-no-files-found", "overwrite", "retention-days"],
      "compression-level",
    ],
    run: async (given, { workspace, run }) =>
      quiet(`uploaded ${await run.artifacts.upload(workspace, given)}`),
  },
  "actions/download-artifact": {
    inputs: ["name", "pattern", "path"],
    run: async (given, { workspace, run }) =>
      quiet(`downloaded ${await run.artifacts.download(workspace, given)}`),
  },
};

/** Caches of this name have what the lab has built. */
const ofLab = /^lab-/;

async function restore(given: Given, job: ActionJob): Promise<Done> {
  const { path = "", key = "" } = given;
  const others = (given["restore-keys"] ?? "").split("\n").filter((line) => line !== "");
  const found = await job.site.caches.restore(path, key, others, job);
  if (found !== undefined) {
    const outputs = { "cache-hit": String(found === key), "cache-matched-key": found };
    return { note: `restored ${found}`, outputs, remarkable: ofLab.test(key) };
  }
  const outputs = { "cache-hit": "false", "cache-matched-key": "" };
  const { built } = job.site;
  if (!ofLab.test(key)) return { note: `no cache ${key}`, outputs, remarkable: false };
  if (built === undefined) return { note: `no cache ${key}: builds`, outputs, remarkable: true };
  await lendBuilt(built, join(job.cacheHome(), "ntb-edma-lab"));
  const note = `no cache ${key}: this machine's stands for what it would build`;
  return { note, outputs, remarkable: true };
}

function save({ path = "", key = "" }: Given, job: ActionJob): Promise<string> {
  return job.site.caches.save(path, key, job);
}

function quiet(note: string): Done {
  return { note, outputs: {}, remarkable: false };
}
