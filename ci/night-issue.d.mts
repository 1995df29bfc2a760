// SPDX-License-Identifier: MIT
/** What actions/github-script gives a script, as far as this one uses it, and the night's issue.json. */
export interface IssueRun {
  readonly github: {
    readonly rest: {
      readonly issues: Readonly<
        Record<
          "listForRepo" | "create" | "update" | "createComment",
          (args: Record<string, unknown>) => Promise<{ data: unknown }>
        >
      >;
    };
  };
  readonly context: {
    readonly repo: { readonly owner: string; readonly repo: string };
    readonly runId: number;
    readonly serverUrl: string;
    readonly sha: string;
  };
  readonly core: { info(text: string): void };
  readonly file: string;
}

/** Opens the issue of a night that did not pass, or brings the open one up to date. */
export function updateIssue(run: IssueRun): Promise<void>;
