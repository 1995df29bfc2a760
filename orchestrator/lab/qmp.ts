// SPDX-License-Identifier: MIT
import { createServer, type Socket } from "node:net";
import * as z from "zod";
import { InfrastructureError } from "../errors.ts";
import { before, type Deadline } from "./deadline.ts";
import { DeadlineError } from "./errors.ts";

/** A message of QEMU's machine protocol (docs/interop/qmp-spec.rst): a greeting, an answer or an event. */
const message = z.object({
  QMP: z.unknown().optional(),
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** QEMU refused a command. `message` says which, and what QEMU said to it. */
export class QmpError extends InfrastructureError {}

interface Waiting {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A Unix socket that a QEMU about to be started will connect to. */
export interface QmpListener {
  readonly connected: Promise<Socket>;
  close(): void;
}

/** Listens at `path`. QEMU connects as its client, so that nobody has to poll for its socket to appear. */
export async function listenForQmp(path: string): Promise<QmpListener> {
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return { connected, close: () => server.close() };
}

/** A connection to one QEMU's machine protocol. Each command has a deadline; events go to listeners. */
export class QmpClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #nextId = 1;
  #rest = "";
  #broken: Error | undefined;
  #greeted: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection ended")));
  }

  /** Takes over a connection that QEMU has made: awaits its greeting and leaves negotiation mode. */
  static async open(socket: Socket, deadline: Deadline): Promise<QmpClient> {
    const client = new QmpClient(socket);
    try {
      await before(
        deadline,
        new Promise<void>((resolve, reject) => {
          client.#greeted = resolve;
          socket.once("close", () => reject(new QmpError("QMP: closed before QEMU's greeting")));
        }),
      );
      await client.execute("qmp_capabilities", {}, deadline);
      return client;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Runs one command. Throws QmpError when QEMU refuses it or does not answer, and when the connection is gone. */
  execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    limit: { ms?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#broken) {
        reject(new QmpError(`QMP ${command}: ${this.#broken.message}`));
        return;
      }
      this.#waiting.set(id, { command, resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
    const what = `QEMU's answer to the QMP command ${command}`;
    return before({ ms: limit.ms ?? 10_000, what, signal: limit.signal }, answer)
      .catch((error: unknown) => {
        // Of QEMU, which is none of what is under test.
        if (error instanceof DeadlineError) throw new QmpError(error.message, {}, { cause: error });
        throw error;
      })
      .finally(() => this.#waiting.delete(id));
  }

  /** A command of the human monitor, for the few things that QMP has no command for. */
  async human(commandLine: string): Promise<string> {
    const args = { "command-line": commandLine };
    return String(await this.execute("human-monitor-command", args));
  }

  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) if (part.trim()) this.#handle(part);
  }

  #handle(line: string): void {
    const parsed = message.safeParse(parseJson(line));
    if (!parsed.success) {
      this.#fail(new Error(`expected a QMP message, got ${line.slice(0, 200)}`));
      return;
    }
    const { QMP, id, error, event, data } = parsed.data;
    if (QMP !== undefined) this.#greeted();
    if (event !== undefined) {
      for (const listener of this.#listeners) listener({ name: event, data: data ?? {} });
    }
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (!waiting) return;
    if (error) waiting.reject(new QmpError(`QMP ${waiting.command}: ${error.desc}`));
    else waiting.resolve(parsed.data.return);
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    for (const { command, reject } of this.#waiting.values()) {
      reject(new QmpError(`QMP ${command}: ${this.#broken.message}`));
    }
    this.#socket.destroy();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
