// SPDX-License-Identifier: MIT
import type { SshConnection } from "../lab/ssh.ts";
import { EscapeFilter } from "./escape.ts";

/** What of this process a guest's shell is connected with. */
type Streams = Pick<NodeJS.Process, "stdin" | "stdout" | "stderr">;

/**
 * Connects the person's terminal with a shell in a guest, or, where standard input is no terminal or a command is
 * given, runs that or what standard input says. Resolves with the exit status: that of the shell or command, 255 when
 * the connection was lost or cut off.
 */
export async function guestTerminal(
  ssh: SshConnection,
  command: string | undefined,
  signal: AbortSignal,
  streams: Streams = process,
): Promise<number> {
  const { stdin, stdout, stderr } = streams;
  const interactive = command === undefined && stdin.isTTY === true && stdout.isTTY === true;
  const channel = interactive
    ? await ssh.terminal(sizeOf(stdout))
    : await ssh.start(command ?? "sh -s");
  let status = 255;
  channel.on("exit", (code: number | null) => {
    status = code ?? 255;
  });
  const ended = new Promise<void>((resolve) => channel.once("close", resolve));
  channel.on("data", (data: Buffer) => stdout.write(data));
  channel.stderr.on("data", (data: Buffer) => stderr.write(data));

  const cutOff = () => channel.destroy();
  const typed = new EscapeFilter(cutOff);
  const onInput = (data: Buffer) => channel.write(interactive ? typed.pass(data) : data);
  const onResize = () => channel.setWindow(stdout.rows, stdout.columns, 0, 0);
  if (interactive) {
    stdin.setRawMode(true);
    stdout.on("resize", onResize);
  }
  // A command has what is typed or piped in as well; a terminal's end of file is the shell's to handle.
  stdin.on("data", onInput);
  stdin.once("end", () => channel.end());
  signal.addEventListener("abort", cutOff, { once: true });
  if (signal.aborted) cutOff();
  try {
    await Promise.race([ended, ssh.closed()]);
  } finally {
    stdin.off("data", onInput);
    stdout.off("resize", onResize);
    if (interactive) stdin.setRawMode(false);
    stdin.pause();
    signal.removeEventListener("abort", cutOff);
  }
  return status;
}

function sizeOf(stdout: NodeJS.WriteStream) {
  return { rows: stdout.rows, columns: stdout.columns, term: process.env.TERM ?? "vt100" };
}
