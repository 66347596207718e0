/**
 * The stream of a mailbox, which only says that there is something to fetch. It has no deadline as
 * a whole: the relay's keepalive comes every 30 s, and silence for longer than two of them means
 * that the connection is dead. See docs/protocol/relay.md §5.7 and docs/protocol/cli.md §5.6.
 */
import type { Clock } from "../../platform/clock.ts";
import { chunksOf } from "./body.ts";
import { type Call, type RelayHttp, REQUEST_DEADLINE_MS } from "./http.ts";
import { IdleGuard } from "./idle_guard.ts";
import { SseLines } from "./sse.ts";

/** Silence after which a stream counts as broken. */
export const STREAM_IDLE_MS = 75_000;

export interface StreamSignal {
  /** The relay has begun to listen for us, there is something new, or the line is alive. */
  readonly tag: "open" | "wake" | "keepalive";
}

/**
 * @throws {TransportError} unreachable, also after 75 s of silence; {RelayStatusError}; {WireError}
 * relay_garbage. When `signal` aborts it ends without any.
 */
export async function* eventStream(
  http: RelayHttp,
  clock: Clock,
  { call, signal }: { readonly call: Call; readonly signal: AbortSignal },
): AsyncGenerator<StreamSignal, void, undefined> {
  if (signal.aborted) return;
  using idle = new IdleGuard(clock);
  try {
    idle.allow(REQUEST_DEADLINE_MS);
    const exchange = await http.open(call, AbortSignal.any([signal, idle.signal]));
    if (!isEventStream(exchange.response)) {
      await exchange.response.body?.cancel();
      throw http.garbage(call.operation, "no event stream");
    }
    idle.allow(STREAM_IDLE_MS);
    yield { tag: "open" };
    const lines = new SseLines();
    for await (const chunk of chunksOf(exchange)) {
      idle.allow(STREAM_IDLE_MS);
      const { data, comment } = lines.feed(chunk);
      if (data) yield { tag: "wake" };
      else if (comment) yield { tag: "keepalive" };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const isEventStream = ({ headers }: Response): boolean =>
  /^text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");
