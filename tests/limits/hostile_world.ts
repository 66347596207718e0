/** A relay in a process of its own, and raw connections to it from many addresses. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { fileURLToPath } from "node:url";
import type { RelayOptions } from "../../relay/options.ts";

const PROGRAM = fileURLToPath(new URL("./relay_child.ts", import.meta.url));

export interface Memory {
  readonly now: number;
  readonly peak: number;
}

export interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

export interface WorldOptions extends Partial<RelayOptions> {
  /** Files that the relay may have open. */
  readonly openFiles?: number;
}

export class HostileWorld implements AsyncDisposable {
  readonly #sockets = new Set<net.Socket>();

  private constructor(
    readonly url: string,
    readonly port: number,
    readonly child: Deno.ChildProcess,
    readonly lines: ReadableStreamDefaultReader<string>,
    readonly directory: string,
  ) {}

  static async start({ openFiles, ...options }: WorldOptions = {}): Promise<HostileWorld> {
    const directory = await Deno.makeTempDir({ prefix: "wire-limits-" });
    const args = [
      "run",
      "-A",
      "--quiet",
      "--no-prompt",
      "--no-check",
      PROGRAM,
      directory,
      JSON.stringify(options),
    ];
    const limited = ["-c", `ulimit -n ${openFiles} && exec "$0" "$@"`, Deno.execPath(), ...args];
    const child = new Deno.Command(openFiles === undefined ? Deno.execPath() : "sh", {
      args: openFiles === undefined ? args : limited,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await lines.read();
    const url = value.trim();
    assert.match(url, /^http:/, "the relay listens");
    return new HostileWorld(url, Number(new URL(url).port), child, lines, directory);
  }

  get host(): string {
    return `host: 127.0.0.1:${this.port}\r\n`;
  }

  async memory(): Promise<Memory> {
    const writer = this.child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("memory\n"));
    writer.releaseLock();
    const { value = "" } = await this.lines.read();
    return JSON.parse(value);
  }

  /** @param from the address to come from, one of 127.0.0.0/8 */
  connect(from = "127.0.0.1"): Hostile {
    const socket = net.createConnection({
      host: "127.0.0.1",
      port: this.port,
      localAddress: from,
      noDelay: true,
    });
    this.#sockets.add(socket);
    return new Hostile(socket);
  }

  /** Sends some text from one connection and waits until the relay has closed it. */
  async send(text: string, from?: string): Promise<string> {
    const hostile = this.connect(from);
    await hostile.write(text);
    return await hostile.closed();
  }

  /** @returns the answer of a request made as any client would */
  async status(path = "/healthz"): Promise<number> {
    const response = await fetch(this.url + path);
    await response.body?.cancel();
    return response.status;
  }

  async slot(): Promise<Slot> {
    const response = await fetch(`${this.url}/v1/slot/allocate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    assert.equal(response.status, 201);
    return await response.json();
  }

  async post({ slot_id, slot_token }: Slot, eventId: string): Promise<void> {
    const response = await fetch(`${this.url}/v1/events/${slot_id}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${slot_token}` },
      body: JSON.stringify({ event: { event_id: eventId } }),
    });
    assert.equal(response.status, 201, await response.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.child.stdin.close();
    await this.lines.cancel();
    await this.child.status;
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** One connection, whose errors are what is being tested. */
export class Hostile {
  readonly #opened: Promise<void>;
  readonly #closed: Promise<void>;
  #text = "";
  #arrived = Promise.withResolvers<void>();

  constructor(readonly socket: net.Socket) {
    const opened = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    this.#opened = opened.promise;
    this.#closed = closed.promise;
    socket.on("connect", () => opened.resolve());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      opened.resolve();
      closed.resolve();
      this.#arrived.resolve();
    });
    socket.on("data", (chunk) => {
      this.#text += chunk.toString("latin1");
      this.#arrived.resolve();
    });
  }

  /** Once the connection came about, or will not. */
  opened(): Promise<void> {
    return this.#opened;
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** What the relay has sent so far. */
  get text(): string {
    return this.#text;
  }

  /** Returns once the system has taken it, or the connection is gone. */
  async write(text: string): Promise<void> {
    await this.#opened;
    if (this.isClosed) return;
    if (this.socket.write(text)) return;
    await Promise.race([once(this.socket, "drain").catch(() => undefined), this.#closed]);
  }

  /** @returns all that the relay has said, once it has closed the connection */
  async closed(): Promise<string> {
    await this.#closed;
    return this.#text;
  }

  /** Waits until the relay has said something that matches. */
  async says(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      assert.ok(!this.isClosed, `closed after ${JSON.stringify(this.#text.slice(0, 300))}`);
      await this.#arrived.promise;
      if (!this.isClosed) this.#arrived = Promise.withResolvers();
    }
    return this.#text;
  }
}
