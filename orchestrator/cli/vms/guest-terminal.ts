// SPDX-License-Identifier: MIT
import type { Duplex } from "node:stream";
import type { SshConnection } from "../../lab/ssh.ts";
import { EscapeFilter } from "./detach-key.ts";

/** Its prompt says which of the two guests this is. */
const loginShell =
  "cd; export PS1='\\h:\\w# '; command -v bash >/dev/null && exec bash -i; exec sh -i";

/**
 * Connects the person's terminal with a shell in a guest, or, where standard input is no terminal or a command is
 * given, runs that or what standard input says. Resolves with the exit status: that of the shell or command, 255 when
 * the connection was lost or cut off.
 */
export async function guestTerminal(
  ssh: SshConnection,
  command: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const interactive = command === undefined && stdin.isTTY === true && stdout.isTTY === true;
  const channel = interactive
    ? await ssh.start(loginShell, sizeOf(stdout))
    : await ssh.start(command ?? "sh -s");
  let status = 255;
  channel.on("exit", (code: number | null) => {
    status = code ?? 255;
  });
  channel.stderr.on("data", (data: Buffer) => stderr.write(data));
  const onResize = () => channel.setWindow(stdout.rows, stdout.columns, 0, 0);
  if (interactive) stdout.on("resize", onResize);
  const lost = () => channel.destroy();
  void ssh.closed().then(lost);
  try {
    await connectTerminal(channel, { raw: interactive, signal });
  } finally {
    stdout.off("resize", onResize);
  }
  return status;
}

/**
 * Connects standard input and output with a stream until that ends, `signal` aborts, or a person on a raw terminal types
 * the escape.
 */
export async function connectTerminal(
  stream: Duplex,
  { raw, signal }: { readonly raw: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { stdin, stdout } = process;
  const ended = new Promise<void>((resolve) => stream.once("close", resolve));
  const cutOff = () => void stream.destroy();
  const typed = new EscapeFilter(cutOff);
  const onInput = (data: Buffer) => void stream.write(raw ? typed.pass(data) : data);
  const onEnd = () => void stream.end();
  stream.on("data", (data: Buffer) => stdout.write(data));
  stream.on("error", cutOff);
  if (raw) stdin.setRawMode(true);
  stdin.on("data", onInput);
  stdin.once("end", onEnd);
  signal.addEventListener("abort", cutOff, { once: true });
  if (signal.aborted) cutOff();
  try {
    await ended;
  } finally {
    if (raw) stdin.setRawMode(false);
    stdin.off("data", onInput);
    stdin.off("end", onEnd);
    stdin.pause();
    signal.removeEventListener("abort", cutOff);
  }
}

function sizeOf(stdout: NodeJS.WriteStream) {
  return { rows: stdout.rows, columns: stdout.columns, term: process.env.TERM ?? "vt100" };
}
