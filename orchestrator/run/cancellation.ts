// SPDX-License-Identifier: MIT
import { InterruptedError } from "./variant/failure.ts";

/** Does `work` with a signal that aborts when a person, a parent's death or a fault of this program ends it from outside. */
export async function cancellable<Value>(
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const cancel = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const handlers = signals.map((signal) => {
    const handler = () => cancel.abort(new InterruptedError(signal));
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  // A fault of this program must not leave guests behind either. Nor must a parent that was killed.
  const fault = (error: unknown) => cancel.abort(error);
  process.on("uncaughtException", fault);
  const orphaned = () => cancel.abort(new InterruptedError("SIGHUP"));
  process.on("disconnect", orphaned);
  process.channel?.unref();
  try {
    return await work(cancel.signal);
  } finally {
    for (const remove of handlers) remove();
    process.off("uncaughtException", fault);
    process.off("disconnect", orphaned);
  }
}
