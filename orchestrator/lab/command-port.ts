// SPDX-License-Identifier: MIT
import type { Socket } from "node:net";
import { before, type Deadline, seconds } from "./deadline.ts";
import { ConnectionLostError, DeadlineError } from "./errors.ts";

/** What a command left behind that came by a port. */
export interface PortResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The largest command, in bytes (qemu-devices/src/time/port.h). */
const room = 0xf000;

/** What becomes of a port; nobody else may look before the lab does. */
export interface PortEvents {
  /** The machine stands still until `go`. */
  held(): void;
  /** A command has come that waits for the machine to be held. */
  asked(): void;
  closed(): void;
}

interface Command {
  readonly bytes: Buffer;
  /** undefined: it was never begun, and will not be. */
  readonly resolve: (result: PortResult | undefined) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The way into a guest with virtual time that takes none: the device `virtual-time` holds the machine at each multiple of the grid,
 * and commands go in there alone. The guest carries them out one after the other.
 */
export class CommandPort {
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  readonly #events: PortEvents;
  readonly #waiting: Command[] = [];
  #underWay: Command | undefined;
  /** What its caller is told when all machines are held. */
  #over: (() => void) | undefined;
  #isHeld = false;
  /** Where, in ns of the machine's clock. */
  #heldAt = "";
  #isReady = false;
  #isClosed = false;
  #givenUp = false;
  #rest = Buffer.alloc(0);
  #answer: Buffer[] = [];
  #becameReady: () => void = () => {};

  constructor(socket: Socket, events: PortEvents) {
    this.#socket = socket;
    this.#events = events;
    this.ready = new Promise((resolve) => {
      this.#becameReady = resolve;
    });
    socket.on("data", (data: Buffer) => this.#take(data));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => this.#close());
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether its guest needs time: it boots, or has a command to carry out. */
  get isBusy(): boolean {
    return !this.#isReady || this.#underWay !== undefined || this.#waiting.length > 0;
  }

  /** Whether this command can come this way. One that was given up may be under way for ever: all others go another way then. */
  takes(command: string): boolean {
    return !this.#isClosed && !this.#givenUp && Buffer.byteLength(command) <= room;
  }

  /**
   * Carries a command out, behind those before it. undefined: one of those did not end, and nothing goes this way any more.
   * Throws GuestError on a deadline or when the machine has gone.
   */
  async run(command: string, deadline: Deadline): Promise<PortResult | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<PortResult | undefined>();
    const mine = { bytes: Buffer.from(command), resolve, reject };
    this.#waiting.push(mine);
    this.#events.asked();
    const work = promise.catch((cause: Error) => {
      throw new ConnectionLostError(`${cause.message} during ${deadline.what}`);
    });
    try {
      return await before(deadline, work);
    } catch (error) {
      this.#giveUp(mine);
      if (!(error instanceof DeadlineError)) throw error;
      const ended = `had not ended after ${seconds(deadline.ms)}`;
      throw new DeadlineError(`${deadline.what} ${ended}; what it has printed is not known`);
    }
  }

  /** Tells who has asked for it what has come of a command. */
  settle(): void {
    this.#over?.();
    this.#over = undefined;
  }

  /** Nobody waits for this one any more. If it is under way it may be so for ever: what is behind it goes another way. */
  #giveUp(command: Command): void {
    const place = this.#waiting.indexOf(command);
    if (place >= 0) this.#waiting.splice(place, 1);
    else if (this.#underWay === command) {
      this.#givenUp = true;
      this.#underWay = undefined;
      for (const behind of this.#waiting.splice(0)) behind.resolve(undefined);
    }
    // A promise that nobody settles would keep its deadline's timer, and with that the process.
    command.resolve(undefined);
    this.#events.asked();
  }

  /** Lets the machine go on, to the next multiple, with a command if one waits and none is under way. */
  go(): void {
    this.#isHeld = false;
    const next = this.#isReady && !this.#underWay ? this.#waiting.shift() : undefined;
    if (next) {
      this.#underWay = next;
      this.#socket.write(
        Buffer.concat([Buffer.from(`command ${next.bytes.length}\n`), next.bytes]),
      );
    }
    this.#socket.write(`go ${this.#heldAt}\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.settle();
    const lost = new Error("the port of its commands was closed");
    for (const command of [this.#underWay, ...this.#waiting.splice(0)]) command?.reject(lost);
    this.#underWay = undefined;
    this.#events.closed();
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end < 0) return;
      const [word, given] = this.#rest.subarray(0, end).toString().split(" ");
      const next = end + 1 + (word === "part" ? Number(given) : 0);
      if (this.#rest.length < next) return;
      const bytes = this.#rest.subarray(end + 1, next);
      this.#rest = this.#rest.subarray(next);
      this.#tell(word ?? "", bytes, given ?? "");
    }
  }

  #tell(word: string, bytes: Buffer, at: string): void {
    if (word === "held") {
      this.#heldAt = at;
      this.#isHeld = true;
      this.#events.held();
    } else if (word === "ready") {
      this.#isReady = true;
      this.#becameReady();
    } else if (word === "part") {
      this.#answer.push(bytes);
    } else if (word === "end") {
      const answer = Buffer.concat(this.#answer);
      this.#answer = [];
      const command = this.#underWay;
      this.#underWay = undefined;
      this.#over = command && (() => tell(command, answer));
    }
  }
}

function tell({ resolve, reject }: Command, answer: Buffer): void {
  try {
    resolve(readAnswer(answer));
  } catch (error) {
    reject(error instanceof Error ? error : new Error(String(error)));
  }
}

/** An answer as the guest's `commands` writes it: status and bytes of standard output, that, and standard error. */
export function readAnswer(answer: Buffer): PortResult {
  const end = answer.indexOf("\n");
  const [, status = Number.NaN, size = Number.NaN] =
    /^(\d+) (\d+)$/.exec(answer.subarray(0, Math.max(end, 0)).toString())?.map(Number) ?? [];
  if (!(end + 1 + size <= answer.length)) {
    const start = JSON.stringify(answer.subarray(0, 80).toString());
    throw new Error(`expected "STATUS BYTES" and so many bytes from the guest, got: ${start}`);
  }
  const stdout = answer.subarray(end + 1, end + 1 + size).toString();
  return { status, stdout, stderr: answer.subarray(end + 1 + size).toString() };
}
