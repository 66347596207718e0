/** Programs of the system, as child processes. */
import { WireError } from "../../protocol/errors.ts";
import type { ProgramEnd, Programs } from "../programs.ts";

const MAX_OUTPUT_BYTES = 65_536;

export class RealPrograms implements Programs {
  async run(
    program: string,
    args: readonly string[],
    { deadlineMs }: { readonly deadlineMs: number },
  ): Promise<ProgramEnd | undefined> {
    const deadline = AbortSignal.timeout(deadlineMs);
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(program, {
        args: [...args],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        signal: deadline,
      }).spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new WireError("internal", `Cannot run ${JSON.stringify(program)}`, { cause: error });
    }
    const [stdout, stderr, { code }] = await Promise.all([
      firstText(child.stdout),
      firstText(child.stderr),
      child.status,
    ]);
    if (deadline.aborted) {
      throw new WireError("timed_out", `${program} did not end within ${deadlineMs} ms`);
    }
    return { code, stdout, stderr };
  }
}

/** Reads to the end, so that the writer is not held up, and keeps the first 64 KiB. */
async function firstText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_OUTPUT_BYTES;
  for await (const chunk of stream) {
    if (left > 0) text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
  }
  return text;
}
