// SPDX-License-Identifier: MIT
import type ssh2 from "ssh2";
import type { Client } from "ssh2";
import { InfrastructureError } from "../errors.ts";
import type { CommandPort } from "./command-port.ts";
import { before, type Deadline, seconds } from "./deadline.ts";
import { type Ending, endingOf } from "./ending.ts";
import { ConnectionLostError, DeadlineError, type Excerpt, GuestError } from "./errors.ts";
import type { Lockstep } from "./lockstep.ts";
import { logIn, type SshTarget } from "./ssh-login.ts";

/** What a command in a guest left behind. */
export interface CommandResult extends Ending {
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface ExecOptions {
  /** Time limit in milliseconds. */
  readonly ms: number;
  /** What the command does, in words, for messages. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with standard output as it comes. */
  readonly onOutput?: (text: string) => void;
  /** When given, standard input stays open until this aborts; otherwise it is empty. */
  readonly input?: AbortSignal;
  /** What standard input has, whole, before it ends. */
  readonly stdin?: Buffer;
}

/** Status of a shell that has not found a program (POSIX, 2.8.2). */
const programMissing = 127;

/** Makes the command that is run of the one that is asked for. */
export type Arrange = (command: string, hasInput: boolean) => string;

/** How plain commands come to a guest with virtual time. */
export interface Detour {
  readonly port: CommandPort;
  readonly lockstep: Lockstep;
}

/** One connection to one guest, on which commands run beside each other. */
export class SshConnection {
  readonly name: string;
  readonly #logIn: (deadline: Deadline) => Promise<Client>;
  readonly #loginMs: number;
  readonly #detour: Detour | undefined;
  #client: Promise<Client> | undefined;
  #arranged: Arrange = (command) => command;

  private constructor(target: SshTarget, loginMs: number, detour?: Detour) {
    this.name = target.name;
    this.#logIn = (deadline) => logIn(target, deadline);
    this.#loginMs = loginMs;
    this.#detour = detour;
  }

  /** Connects and logs in. The guest must present exactly this run's host key. */
  static async connect(target: SshTarget, deadline: Deadline): Promise<SshConnection> {
    const connection = new SshConnection(target, deadline.ms);
    await connection.#connected(deadline);
    return connection;
  }

  /** As `connect`, once a command needs it that does not go by the detour; it may take `ms` then. */
  static later(target: SshTarget, ms: number, detour: Detour): SshConnection {
    return new SshConnection(target, ms, detour);
  }

  /** One that fails is tried again by who needs it next. */
  async #connected(deadline?: Partial<Deadline>): Promise<Client> {
    const what = `SSH login to the ${this.name}`;
    this.#client ??= this.#logIn({ ms: this.#loginMs, what, ...deadline });
    try {
      return await this.#client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  /** From now on all commands but those of `start` are run as `arrange` makes them. */
  arrange(arrange: Arrange): void {
    this.#arranged = arrange;
  }

  /** Runs a shell command and gathers what it prints. Throws GuestError on a deadline or a lost connection. */
  async run(command: string, options: ExecOptions): Promise<CommandResult> {
    const detour = this.#detour;
    if (!detour) return this.#overSsh(command, options);
    const arranged = this.#arranged(command, false);
    const { stdin, input, onOutput } = options;
    return !stdin && !input && !onOutput && detour.port.takes(arranged)
      ? this.#overPort(detour, command, arranged, options)
      : detour.lockstep.whileTimePasses(() => this.#overSsh(command, options));
  }

  async #overPort(detour: Detour, command: string, arranged: string, options: ExecOptions) {
    const began = performance.now();
    const { ms, signal } = options;
    const what = `${options.what} in the ${this.name}`;
    const result = await detour.port.run(arranged, { ms, what, signal });
    // The one before it did not end.
    if (result === undefined)
      return detour.lockstep.whileTimePasses(() => this.#overSsh(command, options));
    return { ...result, command, ms: performance.now() - began };
  }

  async #overSsh(command: string, options: ExecOptions): Promise<CommandResult> {
    const client = await this.#connected({ signal: options.signal });
    const began = performance.now();
    const what = `${options.what} in the ${this.name}`;
    let channel: ssh2.ClientChannel | undefined;
    let givenUp = false;
    let stdout = "";
    let stderr = "";
    const work = new Promise<CommandResult>((resolve, reject) => {
      const lost = () =>
        reject(new ConnectionLostError(`the SSH connection was lost during ${what}`));
      client.once("close", lost);
      const hasInput = options.stdin !== undefined || options.input !== undefined;
      client.exec(this.#arranged(command, hasInput), (error, stream) => {
        if (error) {
          reject(new GuestError(`${what}: the guest refused to start it: ${error.message}`));
          return;
        }
        channel = stream;
        if (givenUp) stream.destroy();
        let ending: Ending | undefined;
        stream.setEncoding("utf8");
        stream.stderr.setEncoding("utf8");
        stream.on("data", (text: string) => {
          stdout += text;
          options.onOutput?.(text);
        });
        stream.stderr.on("data", (text: string) => {
          stderr += text;
        });
        stream.on("exit", (code: number | null, signal?: string) => {
          ending = code === null ? { status: undefined, signal } : { status: code };
        });
        stream.on("close", () => {
          client.removeListener("close", lost);
          const ms = performance.now() - began;
          if (ending) resolve({ command, ...ending, stdout, stderr, ms });
          else reject(new ConnectionLostError(`the SSH server did not say how ${what} ended`));
        });
        if (options.stdin) stream.end(options.stdin);
        else if (!options.input || options.input.aborted) stream.end();
        else options.input.addEventListener("abort", () => stream.end(), { once: true });
      });
    });
    try {
      return await before({ ms: options.ms, what, signal: options.signal }, work);
    } catch (error) {
      givenUp = true;
      channel?.destroy();
      if (!(error instanceof DeadlineError)) throw error;
      throw new DeadlineError(
        `${what} had not ended after ${seconds(options.ms)}`,
        this.#printed(command, { stdout, stderr }),
      );
    }
  }

  /**
   * As `run`, and throws GuestError, with what the command printed, unless it exits with 0; InfrastructureError when the
   * guest lacks a program that the command needs. Commands of the lab's own only: a person's may end as it likes.
   */
  async check(command: string, options: ExecOptions): Promise<CommandResult> {
    const result = await this.run(command, options);
    if (result.status === 0) return result;
    const ended = endingOf(result);
    const printed = this.#printed(command, result);
    if (result.status === programMissing) {
      throw new InfrastructureError(
        `${options.what} in the ${this.name}: the guest has no such program: ${lastOf(printed)}`,
        { tail: printed.flatMap(({ lines }) => lines) },
      );
    }
    throw new GuestError(
      `${options.what} in the ${this.name} ${ended} after ${seconds(result.ms)}: ${lastOf(printed)}`,
      printed,
    );
  }

  /** The last lines of what a command has printed; nothing if it printed none. */
  #printed(command: string, { stdout, stderr }: Pick<CommandResult, "stdout" | "stderr">) {
    const lines = `${stderr}\n${stdout}`.trim().split("\n").slice(-12);
    const excerpt: Excerpt = { title: `${this.name}: ${shorten(command)}`, lines };
    return lines.join("") === "" ? [] : [excerpt];
  }

  /**
   * Starts a command that runs until its standard input ends, and resolves when its output contains `ready`.
   */
  async background(
    command: string,
    ready: string,
    options: ExecOptions,
  ): Promise<BackgroundCommand> {
    const input = new AbortController();
    let output = "";
    const waiting = new Set<() => void>();
    const onOutput = (text: string) => {
      output += text;
      for (const look of waiting) look();
    };
    const done = this.run(command, { ...options, onOutput, input: input.signal });
    let ended: CommandResult | undefined;
    const early = done.then((result) => {
      ended = result;
      const printed = this.#printed(command, result);
      throw new GuestError(
        `${options.what} in the ${this.name} ended before it printed "${ready}": ${lastOf(printed)}`,
        printed,
      );
    });
    early.catch(() => {}); // `printed` and `stop` tell how it ended
    const printed = async (text: string, times = 1) => {
      let look = () => {};
      const seen = new Promise<void>((resolve) => {
        look = () => {
          if (output.split(text).length > times) resolve();
        };
      });
      waiting.add(look);
      look();
      const { ms, signal } = options;
      const what = `${options.what} in the ${this.name} to print "${text}"`;
      await before({ ms, what, signal }, Promise.race([seen, early])).finally(() =>
        waiting.delete(look),
      );
    };
    await printed(ready);
    return {
      get ended() {
        return ended;
      },
      printed,
      stop: () => {
        input.abort();
        return done;
      },
    };
  }

  /** Starts a command, on a terminal of its own if a size is given, without any time limit. */
  async start(command: string, terminal?: TerminalSize): Promise<ssh2.ClientChannel> {
    const pty = terminal
      ? { rows: terminal.rows, cols: terminal.columns, term: terminal.term }
      : undefined;
    const client = await this.#connected();
    return new Promise((resolve, reject) => {
      client.exec(command, pty ? { pty } : {}, (error, channel) =>
        error
          ? reject(new GuestError(`${this.name}: no shell: ${error.message}`))
          : resolve(channel),
      );
    });
  }

  /** Resolves when the connection has ended, whoever ended it. */
  async closed(): Promise<void> {
    const client = await this.#connected();
    return new Promise((resolve) => client.once("close", () => resolve()));
  }

  close(): void {
    this.#client?.then((client) => client.destroy()).catch(() => {}); // who asked for it was told
  }
}

/** A command that goes on by itself. */
export interface BackgroundCommand {
  /** How it ended, once it has. */
  readonly ended: CommandResult | undefined;
  /** Resolves when it has printed the text so many times. Throws GuestError if it ends before. */
  printed(text: string, times?: number): Promise<void>;
  /** Ends its input and waits for it to finish. */
  stop(): Promise<CommandResult>;
}

/** A terminal as an SSH server is told of it. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
  readonly term: string;
}

function lastOf(printed: readonly Excerpt[]): string {
  return printed[0]?.lines.at(-1) ?? "it printed nothing";
}

function shorten(command: string): string {
  const line = command.trim().replace(/\s+/g, " ");
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
