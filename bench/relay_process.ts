/** A relay in a process of its own, over a temporary directory; gone when disposed of. */
import { fileURLToPath } from "node:url";
import type { RelayLimits } from "../relay/options.ts";

const PROGRAM = fileURLToPath(new URL("../tests/limits/relay_child.ts", import.meta.url));
/** All clients of a benchmark come from one address. */
const ONE_SOURCE: Partial<RelayLimits> = {
  burst: 100_000,
  maxConnectionsPerSource: 20_000,
  maxUnauthenticated: 20_000,
  maxStreamsPerSlot: 10_000,
};

export interface Usage {
  /** Bytes of memory that it takes now. */
  readonly now: number;
  /** Of processor time since its start, of all its threads. */
  readonly cpuMs: number;
}

export interface RelayProcess extends AsyncDisposable {
  readonly url: string;
  readonly directory: string;
  usage(): Promise<Usage>;
}

export async function startRelayProcess(): Promise<RelayProcess> {
  const directory = await Deno.makeTempDir({ prefix: "wire-bench-" });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, directory, JSON.stringify({ limits: ONE_SOURCE })],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async (): Promise<string> => {
    let text = "";
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the relay has ended");
      text += value;
    }
    return text.trim();
  };
  return {
    url: await line(),
    directory,
    async usage() {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("memory\n"));
      writer.releaseLock();
      return JSON.parse(await line());
    },
    async [Symbol.asyncDispose]() {
      await reader.cancel();
      await child.stdin.close();
      await child.status;
      await Deno.remove(directory, { recursive: true });
    },
  };
}

export interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

export async function allocate(url: string): Promise<Slot> {
  const response = await fetch(`${url}/v1/slot/allocate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { slot_id, slot_token } = await response.json();
  return { slot_id, slot_token };
}
