/** WebSockets in memory: a server is a function that is given its end of each connection. */
import { setImmediate } from "node:timers";
import type { Socket, SocketEnd, Sockets, SocketTarget } from "../sockets.ts";
import { transportError } from "../transport_error.ts";

export type FakeSocketServer = (server: FakeSocket) => void;

const CUT: SocketEnd = { code: 1006, reason: "" };

/** One end of a connection; what one end sends is at the other at once. */
export class FakeSocket implements Socket {
  readonly ended: Promise<SocketEnd>;
  /** Everything that this end was sent, oldest first. */
  readonly received: string[] = [];
  readonly #end = Promise.withResolvers<SocketEnd>();
  readonly #unread: string[] = [];
  #news = Promise.withResolvers<void>();
  #isOver = false;
  #other: FakeSocket | undefined;

  constructor() {
    this.ended = this.#end.promise;
  }

  /** @returns both ends of one connection */
  static pair(): readonly [FakeSocket, FakeSocket] {
    const [one, other] = [new FakeSocket(), new FakeSocket()];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  get messages(): AsyncIterable<string> {
    return this.#read();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(text: string): Promise<void> {
    const other = this.#other;
    if (!this.#isOver && other !== undefined) other.#take(text);
    return Promise.resolve();
  }

  close(code: number): void {
    this.#finishBoth({ code, reason: "" });
  }

  cut(): void {
    this.#finishBoth(CUT);
  }

  #finishBoth(end: SocketEnd): void {
    this.#finish(end);
    const other = this.#other;
    if (other !== undefined) other.#finish(end);
  }

  #take(text: string): void {
    if (this.#isOver) return;
    this.received.push(text);
    this.#unread.push(text);
    this.#news.resolve();
  }

  #finish(end: SocketEnd): void {
    this.#isOver = true;
    this.#end.resolve(end);
    this.#news.resolve();
  }

  async *#read(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const text = this.#unread.shift();
      if (text !== undefined) yield text;
      else if (this.#isOver) return;
      else {
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      }
    }
  }
}

export class FakeSockets implements Sockets {
  readonly #servers = new Map<string, FakeSocketServer>();
  readonly #failures = new Map<string, string>();
  readonly #hanging = new Set<string>();
  /** Every attempt, oldest first. */
  readonly attempts: SocketTarget[] = [];

  /** @param origin such as `http://relay.test`; a host that nobody serves does not resolve */
  serve(origin: string, server: FakeSocketServer): this {
    this.#servers.set(new URL(origin).origin, server);
    return this;
  }

  /** From now on connections to that origin fail with this cause; undefined mends it. */
  fail(origin: string, cause: string | undefined): this {
    const key = new URL(origin).origin;
    if (cause === undefined) this.#failures.delete(key);
    else this.#failures.set(key, cause);
    return this;
  }

  /** From now on nothing answers there, until whoever waits has had enough. */
  hang(origin: string): this {
    this.#hanging.add(new URL(origin).origin);
    return this;
  }

  async connect(target: SocketTarget): Promise<Socket> {
    this.attempts.push(target);
    const { origin } = new URL(target.url);
    const server = this.#servers.get(origin);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (this.#hanging.has(origin)) {
      await new Promise<void>((resolve) => {
        target.signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    target.signal.throwIfAborted();
    const cause = this.#failures.get(origin) ??
      (server === undefined ? "dns error: failed to lookup address information" : undefined);
    if (server === undefined || cause !== undefined) {
      throw transportError({ method: "GET", url: target.url }, new Error(cause));
    }
    const [ours, theirs] = FakeSocket.pair();
    server(theirs);
    return ours;
  }
}
