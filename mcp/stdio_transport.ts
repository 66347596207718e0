/**
 * JSON-RPC, one message a line, over our own standard streams. Of what is no message the SDK says
 * nothing: here it is answered. See docs/protocol/mcp.md §1 and §2.
 */
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import type { Terminal } from "../platform/terminal.ts";
import { WireError } from "../protocol/errors.ts";
import { idOf, readMessage, unparsable } from "./json_rpc.ts";

/** A message of 256 KiB whose every character is written as an escape, and room around it. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

export class StdioTransport implements Transport {
  readonly #terminal: Terminal;
  /** Requests that wait for their answer, by the text of their id. */
  readonly #open = new Map<string, () => void>();
  readonly #ended = Promise.withResolvers<void>();
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Resolves at the end of input, when every line of it has been handed on. */
  get inputEnded(): Promise<void> {
    return this.#ended.promise;
  }

  start(): Promise<void> {
    void this.#read();
    return Promise.resolve();
  }

  /** Resolves when every request that came has its answer. */
  async answered(): Promise<void> {
    while (this.#open.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const id of this.#open.keys()) this.#open.set(id, resolve);
      await promise;
    }
    await this.said();
  }

  /** Resolves when everything that was said has been written. */
  async said(): Promise<void> {
    await this.#writing;
  }

  /** Whole lines, in the order of the calls. A client that went away gets nothing and ends nothing. */
  send(message: JSONRPCMessage): Promise<void> {
    if (!("method" in message)) this.#settle(idOf(message));
    return this.#put(message);
  }

  #put(message: unknown): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const line = JSON.stringify(message) + "\n";
    this.#writing = this.#writing.then(() => this.#write(line));
    return this.#writing;
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.onclose?.();
    }
    return Promise.resolve();
  }

  async #read(): Promise<void> {
    for await (const line of this.#terminal.stdin.messages(MAX_MESSAGE_BYTES)) {
      const read = "text" in line ? readMessage(line.text) : unparsable(line.problem);
      if (read.tag === "refused") void this.#put(read.reply);
      if (read.tag !== "message") continue;
      this.#expect(read.message);
      this.onmessage?.(read.message);
    }
    this.#ended.resolve();
  }

  #expect(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    const id = idOf(message);
    if (id !== undefined) this.#open.set(id, () => undefined);
    // What is called off is never answered.
    else if (message.method === "notifications/cancelled") {
      this.#settle(JSON.stringify(message.params?.["requestId"]));
    }
  }

  #settle(id: string | undefined): void {
    if (id === undefined) return;
    const done = this.#open.get(id);
    this.#open.delete(id);
    done?.();
  }

  async #write(line: string): Promise<void> {
    try {
      await this.#terminal.stdout.write(line);
    } catch (error) {
      // The reader is gone; the end of input, which ends us, is not far.
      if (!(error instanceof WireError)) throw error;
      this.onerror?.(error);
    }
  }
}
