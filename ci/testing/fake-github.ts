// SPDX-License-Identifier: MIT
//
// As much of GitHub's REST API as the night's issue needs, on loopback: it keeps issues, filters them as GitHub does, and
// lets in only who has the token.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import * as z from "zod";

const labelSchema = z.union([z.string(), z.object({ name: z.string() })]).transform((label) =>
  // GitHub takes names and answers with objects.
  typeof label === "string" ? { name: label } : label,
);

const issueSchema = z.object({
  number: z.int(),
  state: z.enum(["open", "closed"]).default("open"),
  title: z.string().optional(),
  body: z.string(),
  labels: z.array(labelSchema),
  pull_request: z.object({}).optional(),
  comments: z.array(z.string()).default([]),
});
type Issue = z.output<typeof issueSchema>;

/** GitHub refuses longer texts. */
const mostBody = 65_536;
const bodySchema = z.string().max(mostBody);

export class FakeGitHub {
  readonly issues: Issue[];
  readonly token = "a token";
  readonly #server: Server;
  readonly #repository: string;

  private constructor(server: Server, repository: string, issues: Issue[]) {
    this.#server = server;
    this.#repository = repository;
    this.issues = issues;
  }

  static async start(repository: string, issues: readonly object[]): Promise<FakeGitHub> {
    const server = createServer();
    const github = new FakeGitHub(server, repository, z.array(issueSchema).parse(issues));
    server.on("request", async (request, response) => {
      const [status, answer] = await github.#answer(request).catch((error: unknown) => {
        return [422, { message: String(error) }] as const;
      });
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return github;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, unknown]> {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return [401, { message: "Bad credentials" }];
    const { pathname, searchParams } = new URL(request.url ?? "", this.url);
    const base = `/repos/${this.#repository}/issues`;
    if (!pathname.startsWith(base)) return [404, { message: "Not Found" }];
    const [, number, below] = pathname.slice(base.length).split("/");
    const what = `${request.method} ${[number && ":number", below].filter(Boolean).join("/")}`;
    const issue = this.issues.find((one) => String(one.number) === number);
    switch (what) {
      case "GET ":
        return [200, this.#list(searchParams)];
      case "POST ":
        return [201, this.#create(await json(request))];
      case "PATCH :number": {
        if (!issue) return [404, { message: "Not Found" }];
        const change = z.object({ title: z.string(), body: bodySchema }).parse(await json(request));
        return [200, Object.assign(issue, change)];
      }
      case "POST :number/comments": {
        if (!issue) return [404, { message: "Not Found" }];
        issue.comments.push(z.object({ body: bodySchema }).parse(await json(request)).body);
        return [201, {}];
      }
      default:
        return [404, { message: "Not Found" }];
    }
  }

  #list(wanted: URLSearchParams): Issue[] {
    const label = wanted.get("labels");
    return this.issues.filter(
      ({ state, labels }) =>
        state === (wanted.get("state") ?? "open") && labels.some(({ name }) => name === label),
    );
  }

  #create(data: unknown): Issue {
    const given = z
      .object({ title: z.string(), body: bodySchema, labels: z.array(z.string()) })
      .parse(data);
    const number = Math.max(0, ...this.issues.map((issue) => issue.number)) + 1;
    const issue = issueSchema.parse({ ...given, number });
    this.issues.push(issue);
    return issue;
  }
}
