/** What is asked on one WebSocket, and which answer belongs to it. See docs/protocol/extensions.md §3. */
import type { Clock } from "../../platform/clock.ts";
import type { ErrorFrame } from "../../protocol/schemas/ws_frames.ts";
import { REQUEST_DEADLINE_MS } from "./http.ts";
import type { Answer } from "./socket_frames.ts";
import { type RelayOperation, RelayStatusError } from "./status_error.ts";

export interface RequestPort {
  readonly clock: Clock;
  send(text: string): void;
  /** Nobody has answered in time: the connection is good for nothing. */
  unanswered(operation: RelayOperation): void;
}

/** A request without its `ref`; `toText` where its text is made in another way. */
export type Asked = Readonly<Record<string, unknown>> & {
  readonly toText?: (ref: number) => string;
};

interface Waiting {
  readonly operation: RelayOperation;
  answer(frame: Answer): void;
  fail(error: unknown): void;
}

export class SocketRequests {
  readonly #port: RequestPort;
  readonly #waiting = new Map<number, Waiting>();
  #ref = 0;

  constructor(port: RequestPort) {
    this.#port = port;
  }

  /**
   * @param read of the answer, before anything else is read off the connection
   * @throws {RelayStatusError} as the relay refused it; what `fail` was told
   */
  async ask<T>(
    operation: RelayOperation,
    asked: Asked,
    read: (answer: Answer, ref: number) => T,
  ): Promise<T> {
    const { clock, send, unanswered } = this.#port;
    const ref = ++this.#ref;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.set(ref, {
      operation,
      answer: (answer) => resolve(read(answer, ref)),
      fail: reject,
    });
    const { toText, ...members } = asked;
    const answered = new AbortController();
    clock.sleep(REQUEST_DEADLINE_MS, answered.signal).then(
      () => unanswered(operation),
      () => undefined, // answered in time
    );
    try {
      send(toText?.(ref) ?? JSON.stringify({ ...members, ref }));
      return await promise;
    } finally {
      answered.abort();
      this.#waiting.delete(ref);
    }
  }

  /** @param answered called with whatever comes back; disposing of it ends the waiting */
  ping(answered: () => void): Disposable {
    const ref = ++this.#ref;
    this.#waiting.set(ref, { operation: "health", answer: answered, fail: answered });
    this.#port.send(JSON.stringify({ op: "ping", ref }));
    return { [Symbol.dispose]: () => void this.#waiting.delete(ref) };
  }

  /** @returns false if nobody waits for it @throws what `read` of the request thinks of it */
  take(answer: Answer): boolean {
    const waiting = this.#waiting.get(answer.ref);
    waiting?.answer(answer);
    return waiting !== undefined;
  }

  /** @returns false if nobody waits for it */
  refuse({ ref, http, message }: ErrorFrame): boolean {
    const waiting = ref === undefined ? undefined : this.#waiting.get(ref);
    waiting?.fail(new RelayStatusError(waiting.operation, http, { said: message }));
    return waiting !== undefined;
  }

  /** Nothing more will be answered. */
  fail(error: unknown): void {
    for (const { fail } of [...this.#waiting.values()]) fail(error);
  }
}

/** What a relay answered that was asked for something else. */
export const unexpected = ({ op }: Answer): RangeError =>
  new RangeError(`an answer of another kind: ${op}`);
