/**
 * A KV server and relays over it, as processes: started, killed, and started again on what the kill
 * left. The KV server comes from WIRE_DENOKV (scripts/cluster.ts).
 */
import assert from "node:assert/strict";
import { startWire, type WireProcess } from "../../scripts/wire_process.ts";
import { Node } from "./node.ts";

const TOKEN = "a token for tests";

export class Cluster implements AsyncDisposable {
  readonly #processes = new AsyncDisposableStack();
  #server: Deno.ChildProcess | undefined;

  private constructor(readonly directory: string, readonly port: number) {}

  /** With a running KV server and no relay. */
  static async start(): Promise<Cluster> {
    const directory = await Deno.makeTempDir({ prefix: "wire-cluster-" });
    const cluster = new Cluster(directory, await freePort());
    await cluster.startServer();
    return cluster;
  }

  get kvUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async startServer(): Promise<void> {
    const program = Deno.env.get("WIRE_DENOKV");
    assert.ok(program, "run these tests by `deno task cluster:test`");
    const place = ["--sqlite-path", `${this.directory}/kv.sqlite`];
    this.#server = new Deno.Command(program, {
      args: [...place, "serve", "--addr", `127.0.0.1:${this.port}`],
      env: { DENO_KV_ACCESS_TOKEN: TOKEN, RUST_LOG: "error" },
      stdout: "null",
      stderr: "null",
    }).spawn();
    await answers(this.kvUrl);
  }

  async killServer(): Promise<void> {
    this.#server?.kill("SIGKILL");
    await this.#server?.status;
    this.#server = undefined;
  }

  /** A relay by the published command; with `bind` at the address that one had before. */
  async relay(bind = "127.0.0.1:0", token = TOKEN): Promise<Node> {
    const process = this.#processes.use(this.startRelay(bind, token));
    const [, address = ""] = await process.line("stderr", /listening on (\S+)/);
    return new Node(address, process);
  }

  /** A relay that may not come to listen. */
  startRelay(bind: string, token: string): WireProcess {
    return startWire(["relay-server", "--bind", bind, "--kv", this.kvUrl], {
      home: `${this.directory}/relay-home`,
      env: { DENO_KV_ACCESS_TOKEN: token },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
    await this.killServer();
    await Deno.remove(this.directory, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return await Promise.resolve(port);
}

/** It says nothing when it listens, so it is asked until it answers. */
async function answers(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
