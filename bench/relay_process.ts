/** A relay in a process of its own, over a temporary directory; gone when disposed of. */
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../tests/fault/relay_process.ts", import.meta.url));

export interface RelayProcess extends AsyncDisposable {
  readonly url: string;
  readonly directory: string;
}

export async function startRelayProcess(): Promise<RelayProcess> {
  const directory = await Deno.makeTempDir({ prefix: "wire-bench-" });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, directory],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let url = "";
  while (!url.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the relay ended before it listened");
    url += decoder.decode(value, { stream: true });
  }
  return {
    url: url.slice(0, url.indexOf("\n")),
    directory,
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
