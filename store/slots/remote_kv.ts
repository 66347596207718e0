/**
 * A KV Connect server as the stores use it. Two things differ from the embedded file. The client
 * tries again for ever while the server is away: here every call has a deadline, and few may be left
 * behind unanswered. And a lone commit over about 1 KB lies 44 ms in a delayed acknowledgement, unless
 * a tiny read goes just ahead of it (0.8 ms); a smaller one does with that read, and not without.
 */
import type { Clock } from "../../platform/clock.ts";
import { formatKey } from "./kv_rows.ts";

/** The server did not answer. A commit may have been stored all the same. */
export class UnansweredError extends Error {
  override readonly name = "UnansweredError";
}

export const isUnanswered = (error: unknown): boolean =>
  error instanceof UnansweredError ||
  (error instanceof Error && error.cause instanceof UnansweredError);

export interface RemoteKvOptions {
  readonly clock: Clock;
  /** Of one call. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
/** A longer commit leaves in two packets. */
const ONE_PACKET_BYTES = 1_024;
/** Of a check or a value beside its key and content. */
const FRAME_BYTES = 12;
/** Calls whose deadline has passed go on in the client; with so many no more are begun. */
const MAX_LEFT_BEHIND = 64;

/** @param kv closed with what is returned */
export function remoteKv(
  kv: Deno.Kv,
  { clock, deadlineMs = DEADLINE_MS }: RemoteKvOptions,
): Deno.Kv {
  const calls = new Calls(clock, deadlineMs);
  let commits = 0;
  const commit = async <T>(plain: () => Promise<T>, bytes: number): Promise<T> => {
    const isAlone = commits === 0 && bytes > ONE_PACKET_BYTES;
    commits += 1;
    try {
      const ahead = isAlone ? kv.get(formatKey) : undefined;
      // Its answer says nothing; if it fails, so does the commit, and that is told.
      ahead?.catch(() => undefined);
      return await plain();
    } finally {
      commits -= 1;
    }
  };
  return new Proxy(kv, {
    get(target, name) {
      if (name === "atomic") {
        return () => {
          const operation = target.atomic();
          const check = operation.check.bind(operation);
          const set = operation.set.bind(operation);
          const plain = operation.commit.bind(operation);
          let bytes = 0;
          return Object.assign(operation, {
            check(...checks: Deno.AtomicCheck[]) {
              for (const { key } of checks) bytes += sizeOf(key, undefined);
              return check(...checks);
            },
            set(...args: Parameters<typeof set>) {
              bytes += sizeOf(args[0], args[1]);
              return set(...args);
            },
            commit: () => calls.run(() => commit(plain, bytes)),
          });
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const method = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return typeof name === "string" && AWAITED.has(name)
        ? (...args: unknown[]) => calls.run(() => Promise.resolve(method(...args)))
        : method;
    },
  });
}

/** About as many bytes as they have on their way. */
function sizeOf(key: Deno.KvKey, value: unknown): number {
  const inKey = key.reduce<number>(
    (sum, part) => sum + (typeof part === "string" ? part.length + 2 : FRAME_BYTES),
    0,
  );
  const inValue = value instanceof Uint8Array
    ? value.length
    : value === undefined
    ? 0
    : JSON.stringify(value, plainly)?.length ?? 0;
  return inKey + inValue + FRAME_BYTES;
}

/** Bytes as hex, about as long as with their frame; counters as text. */
const plainly = (_: string, part: unknown): unknown =>
  part instanceof Uint8Array ? part.toHex() : typeof part === "bigint" ? String(part) : part;

/** Of the others, `list` is read by callers who have limits of their own. */
const AWAITED: ReadonlySet<string> = new Set(["get", "getMany", "set", "delete"]);

class Calls {
  #leftBehind = 0;

  constructor(readonly clock: Clock, readonly deadlineMs: number) {}

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#leftBehind >= MAX_LEFT_BEHIND) {
      throw new UnansweredError("the KV server does not answer");
    }
    const answer = call();
    const waiting = new AbortController();
    const late = this.clock.sleep(this.deadlineMs, waiting.signal).then(() => {
      this.#leaveBehind(answer);
      throw new UnansweredError(`no answer from the KV server within ${this.deadlineMs} ms`);
    }, () => new Promise<never>(() => undefined)); // called off: the answer is there
    try {
      return await Promise.race([answer, late]);
    } finally {
      waiting.abort();
    }
  }

  #leaveBehind(answer: Promise<unknown>): void {
    this.#leftBehind += 1;
    const settled = (): void => void (this.#leftBehind -= 1);
    answer.then(settled, settled);
  }
}
