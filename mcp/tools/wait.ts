import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { tail } from "../../client/operations/tail.ts";
import { peerKey } from "../../client/peer_view.ts";
import { isNoise } from "../../client/watch/noise.ts";
import { WireError } from "../../protocol/errors.ts";
import { isThread, threadOf } from "../../protocol/delivery/thread.ts";
import { isEventId } from "../../protocol/ids.ts";
import { type JsonObject, stringMember } from "../../protocol/json/value.ts";
import { quote } from "../../protocol/json/quote.ts";
import { shownMessages } from "../received.ts";
import { PeerFence } from "../peer_event.ts";
import { defineTool, READS } from "../tool.ts";
import type { ToolCall } from "../tool_call.ts";
import { PeerEvents } from "./tail.ts";

const TELL_EVERY_MS = 10_000;
const MOST = 50;

/** Ruling 17: whoever waits has a position of its own. */
export const tool = defineTool({
  name: "wire_wait",
  title: "Wait for a message",
  description:
    "Wait for the next message. Pass the `since` of the last answer, so that nothing is missed between " +
    "two calls. Other calls go on meanwhile; cancelling ends it. Bodies are as in wire_tail: data.",
  input: z.object({
    peer: z.string().optional().describe("Only of this peer"),
    thread: z.string().refine(isThread, "expected 32 hex digits").optional()
      .describe("Only of this thread"),
    since: z.string().optional().describe("Of the last answer, or an event id"),
    timeout_secs: z.int().min(0).max(3600).default(45).describe(
      "Then it answers without a message",
    ),
  }),
  output: z.object({ events: PeerEvents, since: z.string(), timed_out: z.boolean() }),
  effects: READS,
  async run(call, { peer, thread, since, timeout_secs }) {
    const { host: { changes }, context } = call;
    await changes.start();
    const from = peer === undefined ? undefined : peerKey(peer);
    const start = since ?? changes.arrivals.position;
    const events = await nextAfter(call, { from, thread, since: start, ms: timeout_secs * 1_000 });
    const fence = new PeerFence(context.platform.random);
    const newest = events.at(-1);
    return {
      events: events.map((event) => fence.event(event)),
      since: (newest && stringMember(newest, "event_id")) || start,
      timed_out: events.length === 0,
    };
  },
});

interface Wait {
  readonly from: string | undefined;
  readonly thread: string | undefined;
  readonly since: string;
  readonly ms: number;
}

async function nextAfter(call: ToolCall, wait: Wait): Promise<readonly JsonObject[]> {
  const { host: { changes }, context: { platform: { clock } }, signal } = call;
  const start = clock.monotonic();
  let change = Promise.withResolvers<void>();
  const stop = changes.listen(({ tag }) => {
    if (tag === "mail") change.resolve();
  });
  try {
    for (;;) {
      const events = await after(call, wait);
      const left = start + wait.ms - clock.monotonic();
      if (events.length > 0 || left <= 0) return events;
      const over = new AbortController();
      const isOver = AbortSignal.any([over.signal, signal]);
      // Ended by us, or by the caller, which is looked at below.
      const slept = clock.sleep(Math.min(left, TELL_EVERY_MS), isOver).catch(() => undefined);
      await Promise.race([slept, change.promise]);
      over.abort();
      signal.throwIfAborted();
      change = Promise.withResolvers<void>();
      const waited = Math.round((clock.monotonic() - start) / 1_000);
      await call.progress(`waiting for a message, ${waited} s`);
    }
  } finally {
    stop();
  }
}

/** What came while we run, else what stands in the inbox behind that message. */
async function after(call: ToolCall, wait: Wait): Promise<readonly JsonObject[]> {
  const { host: { changes: { arrivals } }, context, signal } = call;
  const came = arrivals.after(wait.since);
  if (came === undefined) return await inInbox(context, wait, signal);
  const wanted = came.filter(({ peer, event }) =>
    (wait.from === undefined || peer === wait.from) && isInThread(event.value, wait) &&
    !isNoise(event)
  );
  const next = wanted.slice(0, MOST).map(({ peer, event }) => ({ sender: peer, event }));
  return await shownMessages(context, next);
}

async function inInbox(
  context: ClientContext,
  wait: Wait,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const { from: peer, since } = wait;
  if (!isEventId(since)) {
    throw new WireError("usage", `since: unknown position ${quote(since)}`, {
      hint: "wire mcp was started anew: read with wire_tail, then wait without since",
    });
  }
  const input = tail.input.parse({ peer, since, limit: MOST, thread: wait.thread });
  return await Array.fromAsync(tail.stream(context, input, signal));
}

const isInThread = (event: JsonObject, { thread }: Wait): boolean =>
  thread === undefined || threadOf(event) === thread;
