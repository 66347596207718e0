/** One connection of a local server, from its request to the end of the answer. */
import type { LocalConnection } from "../platform/local_sockets.ts";
import { WireError } from "../protocol/errors.ts";
import { type JsonObject, stringMember } from "../protocol/json/value.ts";
import { errorFrame, parseFrame, printFrame } from "./frame.ts";
import type { Answer, Handler, ServerOptions } from "./handler.ts";
import { inTime } from "./in_time.ts";
import type { IpcLimits } from "./limits.ts";
import { LineReader } from "./line_reader.ts";
import { isToken } from "./published.ts";

export interface ExchangePort extends ServerOptions {
  readonly limits: IpcLimits;
  readonly handler: Handler;
  /** Room for bytes of a request that is not complete; false: there is none. */
  hold(bytes: number): boolean;
  release(bytes: number): void;
  hasRoomForStream(): boolean;
}

/** What comes behind a request is ignored, up to here. */
const MOST_IGNORED_BYTES = 64 * 1024;

export class Exchange {
  /** On the monotonic clock, ms. */
  readonly startedAt: number;
  readonly ended: Promise<void>;
  readonly #connection: LocalConnection;
  readonly #port: ExchangePort;
  readonly #stop = new AbortController();
  #watching: Promise<void> | undefined;
  #stage: "receiving" | "answering" | "streaming" = "receiving";

  constructor(connection: LocalConnection, port: ExchangePort) {
    this.#connection = connection;
    this.#port = port;
    this.startedAt = port.clock.monotonic();
    this.ended = this.#serve();
  }

  /** The request is not complete. */
  get isReceiving(): boolean {
    return this.#stage === "receiving";
  }

  get isStreaming(): boolean {
    return this.#stage === "streaming";
  }

  /** At once; resolves when nothing of it is left. */
  end(): Promise<void> {
    this.#stop.abort();
    this.#connection.close();
    return this.ended;
  }

  async #serve(): Promise<void> {
    try {
      const request = await this.#request();
      if (request !== undefined) await this.#answer(request);
    } catch (error) {
      await this.#refuse(error);
    } finally {
      this.#stop.abort();
      this.#connection.close();
      await this.#watching;
    }
  }

  /**
   * @returns undefined for a connection that only looked whether somebody is here
   * @throws {WireError} what is wrong with the request
   */
  async #request(): Promise<JsonObject | undefined> {
    const { clock, limits, hold, release, token } = this.#port;
    let held = 0;
    let isOver = false;
    const lines = new LineReader(this.#connection, {
      maxBytes: limits.requestBytes,
      hold: (bytes) => {
        const isRoom = !isOver && hold(bytes);
        if (isRoom) held += bytes;
        return isRoom;
      },
    });
    try {
      const line = await inTime(clock, limits.requestMs, { work: lines.next() });
      if (line === undefined) throw new WireError("timed_out", "the request did not come in time");
      if (line.tag === "end") return undefined;
      if (line.tag === "bad") {
        throw new WireError("bad_input", `Cannot take a message: ${line.why}`);
      }
      const request = parseFrame(line.text);
      if (token !== undefined && !isToken(stringMember(request, "token"), token)) {
        throw new WireError("refused", "Cannot answer: expected the token of this home");
      }
      return request;
    } finally {
      isOver = true;
      release(held);
    }
  }

  async #answer(request: JsonObject): Promise<void> {
    const { clock, limits, handler } = this.#port;
    this.#stage = "answering";
    const { signal } = this.#stop;
    const work = handler(request, { signal });
    const answer = await inTime<Answer>(clock, limits.answerMs, { work, signal });
    if (signal.aborted) return;
    if (answer === undefined) throw new WireError("timed_out", "there was no answer in time");
    if (answer.tag === "stream") return await this.#stream(answer.items);
    const frame = printFrame(answer.reply);
    if (frame.length > limits.replyBytes) {
      throw new WireError("internal", `the answer has more than ${limits.replyBytes} bytes`);
    }
    await this.#write(frame, limits.replyMs);
  }

  async #stream(items: AsyncIterable<JsonObject>): Promise<void> {
    const { limits, hasRoomForStream } = this.#port;
    if (!hasRoomForStream()) {
      await this.#write(
        printFrame(errorFrame("busy", "too many watchers at once")),
        limits.replyMs,
      );
      return;
    }
    this.#stage = "streaming";
    this.#watching = this.#untilGone();
    for await (const item of items) {
      if (!await this.#write(printFrame(item), limits.stuckMs)) return;
    }
  }

  /** Nothing more is expected: the end of what the caller sends is the end of its interest. */
  async #untilGone(): Promise<void> {
    let ignored = 0;
    while (ignored <= MOST_IGNORED_BYTES) {
      const bytes = await this.#connection.read();
      if (bytes === undefined) break;
      ignored += bytes.length;
    }
    this.#stop.abort();
    this.#connection.close();
  }

  /** @returns false when it was not taken */
  async #write(frame: Uint8Array, ms: number): Promise<boolean> {
    const { clock } = this.#port;
    const { signal } = this.#stop;
    return await inTime(clock, ms, { work: this.#connection.write(frame), signal }) === true;
  }

  /** Silence would look like a crash. */
  async #refuse(error: unknown): Promise<void> {
    const { log, limits } = this.#port;
    const isOurs = !(error instanceof WireError);
    if (isOurs) log.error("a local request failed", { error });
    const [code, message] = isOurs
      ? ["internal", "a fault of this program; its log says more"]
      : [error.code, error.message];
    if (!this.#stop.signal.aborted) {
      await this.#write(printFrame(errorFrame(code, message)), limits.replyMs);
    }
  }
}
