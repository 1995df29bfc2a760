// SPDX-License-Identifier: MIT
//
// Run by actions/github-script: opens the issue of a night that did not pass, or brings the open one up to date.
import { readFile } from "node:fs/promises";

/** Issues of this script have it, and no others. */
const label = "nightly-failure";

/**
 * @param {{
 *   github: any, context: { repo: { owner: string, repo: string }, runId: number, serverUrl: string, sha: string },
 *   core: { info: (text: string) => void }, file: string,
 * }} run what actions/github-script gives, and the file issue.json of the night's report
 */
export async function updateIssue({ github, context, core, file }) {
  const { title, body, fingerprints } = await night(file);
  const { owner, repo } = context.repo;
  const link = `${context.serverUrl}/${owner}/${repo}/actions/runs/${context.runId}`;
  const mark = `<!-- fingerprints: ${fingerprints.join(" ")} -->`;
  const text = `The [night's run](${link}) of ${context.sha.slice(0, 12)} did not pass; its report is among the run's artifacts.\n\n${body}\n\n${mark}`;
  const { data: open } = await github.rest.issues.listForRepo({
    ...{ owner, repo, labels: label, state: "open", per_page: 1 },
  });
  const [issue] = open;
  if (!issue) {
    const made = await github.rest.issues.create({
      owner,
      repo,
      title,
      body: text,
      labels: [label],
    });
    core.info(`opened issue ${made.data.number}`);
    return;
  }
  const issue_number = issue.number;
  await github.rest.issues.update({ owner, repo, issue_number, title, body: text });
  const same = issue.body?.includes(mark);
  const comment = same
    ? `Still failing in the same way: ${link}`
    : `Failing in another way: ${link}\n\n${title}`;
  await github.rest.issues.createComment({ owner, repo, issue_number, body: comment });
  core.info(`updated issue ${issue_number}`);
}

/** @param {string} file */
async function night(file) {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) {
    return {
      title: "Nightly: no report",
      body: "The night left no report: see the log of its jobs.",
      fingerprints: [],
    };
  }
  return JSON.parse(text);
}
