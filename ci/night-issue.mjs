// SPDX-License-Identifier: MIT
//
// Opens the issue of a night that did not pass, or brings the open one up to date. Usage: node ci/night-issue.mjs FILE,
// the file being the issue.json of the night's report. Everything else comes from what GitHub Actions has in the
// environment, and the token in GITHUB_TOKEN needs the right to write issues.
// (docs.github.com: "REST API endpoints for issues", and "... for issue comments")
import { readFile } from "node:fs/promises";

/** Issues of this script have it, and no others. */
const label = "nightly-failure";
/** GitHub takes 65,536 characters; what is too long ends with a word about it. */
const mostBody = 60_000;
const limitMs = 30_000;

const [file] = process.argv.slice(2);
if (file === undefined) fail("usage: node ci/night-issue.mjs FILE");
const api = needed("GITHUB_API_URL");
const repository = needed("GITHUB_REPOSITORY");
const token = needed("GITHUB_TOKEN");
const run = `${needed("GITHUB_SERVER_URL")}/${repository}/actions/runs/${needed("GITHUB_RUN_ID")}`;
const revision = needed("GITHUB_SHA").slice(0, 12);

const { title, body, fingerprints } = await night(file);
const mark = `<!-- fingerprints: ${fingerprints.join(" ")} -->`;
const lead = `The [night's run](${run}) of ${revision} did not pass; its report is among the run's artifacts.`;
const text = `${lead}\n\n${mark}\n\n${shortened(body)}`;

const open = await call("GET", `/issues?state=open&labels=${label}&per_page=100`);
// Pull requests are issues, too.
const issue = open.find((one) => one.pull_request === undefined);
if (issue === undefined) {
  const made = await call("POST", "/issues", { title, body: text, labels: [label] });
  console.log(`opened issue ${made.number}: ${title}`);
} else {
  const { number } = issue;
  const comment = issue.body?.includes(mark)
    ? `Still failing in the same way: ${run}`
    : `Failing in another way: ${run}\n\n${title}`;
  await call("PATCH", `/issues/${number}`, { title, body: text });
  await call("POST", `/issues/${number}/comments`, { body: comment });
  console.log(`updated issue ${number}: ${title}`);
}

async function call(method, path, data) {
  const response = await fetch(`${api}/repos/${repository}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "user-agent": "ntb-edma-lab-nightly",
      "x-github-api-version": "2022-11-28",
    },
    ...(data === undefined ? {} : { body: JSON.stringify(data) }),
    signal: AbortSignal.timeout(limitMs),
  }).catch((error) => fail(`${method} ${path}: no answer: ${error.cause ?? error}`));
  const answer = await response.text();
  if (!response.ok) fail(`${method} ${path}: ${response.status}: ${answer.slice(0, 1000)}`);
  return JSON.parse(answer);
}

async function night(path) {
  const json = await readFile(path, "utf8").catch(() => undefined);
  if (json === undefined) {
    return {
      title: "Nightly: no report",
      body: "The night left no report: see the log of its jobs.",
      fingerprints: [],
    };
  }
  return JSON.parse(json);
}

function shortened(long) {
  if (long.length <= mostBody) return long;
  return `${long.slice(0, mostBody)}\n\n... the rest is in the report.`;
}

function needed(name) {
  return process.env[name] || fail(`expected ${name} in the environment`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
