/** Deno as a child of a script: same terminal, ends when we are told to end. */

export interface RunDenoOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string | URL;
}

/** @returns the exit code; 128 + 15 when the child was ended by SIGTERM */
export async function runDeno(
  args: readonly string[],
  options: RunDenoOptions = {},
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], ...options }).spawn();
  const end = () => child.kill("SIGTERM");
  // On Ctrl-C the terminal tells the child itself; a SIGTERM comes to us alone.
  Deno.addSignalListener("SIGTERM", end);
  try {
    return (await child.status).code;
  } finally {
    Deno.removeSignalListener("SIGTERM", end);
  }
}

/** A line on standard output. */
export async function say(line: string): Promise<void> {
  const writer = Deno.stdout.writable.getWriter();
  try {
    await writer.write(new TextEncoder().encode(`${line}\n`));
  } finally {
    writer.releaseLock();
  }
}
