/** `sh -c` in a process group of its own, so that what it started ends with it. */
import { WireError } from "../../protocol/errors.ts";
import type { Shell, ShellEnd, ShellRun } from "../shell.ts";

const PATIENCE_MS = 2_000;

export class RealShell implements Shell {
  async run(
    command: string,
    { stdin, env, deadlineMs, signal, output }: ShellRun,
  ): Promise<ShellEnd> {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command("sh", {
        args: ["-c", output === "stdout" ? command : `exec 1>&2\n${command}`],
        env: { ...env },
        stdin: "piped",
        stdout: "inherit",
        stderr: "inherit",
        detached: true,
      }).spawn();
    } catch (cause) {
      throw new WireError("unreadable", "Cannot run sh", { cause });
    }
    const deadline = AbortSignal.timeout(deadlineMs);
    const either = AbortSignal.any([deadline, signal]);
    const ended = new AbortController();
    const ending = end(child, either, ended.signal);
    const [{ code }] = await Promise.all([child.status, feed(child, stdin)]);
    ended.abort();
    await ending;
    if (!either.aborted) return { tag: "exited", code };
    return { tag: signal.aborted ? "stopped" : "timed_out" };
  }
}

/** A command may well end without reading. */
async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // Its exit code says how it went.
  }
}

async function end(
  { pid }: Deno.ChildProcess,
  either: AbortSignal,
  ended: AbortSignal,
): Promise<void> {
  await aborted(AbortSignal.any([either, ended]));
  if (ended.aborted) return;
  kill(pid, "SIGTERM");
  await aborted(AbortSignal.any([ended, AbortSignal.timeout(PATIENCE_MS)]));
  if (!ended.aborted) kill(pid, "SIGKILL");
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** The whole group. */
function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}
