/** What the daemon of a home answers on its local socket. See docs/protocol/guard.md §24. */
import type { Answer, Handler } from "../ipc/handler.ts";
import { WireError } from "../protocol/errors.ts";
import { parseJson } from "../protocol/json/parse.ts";
import { isJsonObject, type JsonObject, stringMember } from "../protocol/json/value.ts";
import type { LiveEvent } from "../protocol/schemas/live.ts";
import { visible } from "../protocol/text/visible.ts";
import type { Board } from "./board.ts";

export interface RequestsPort {
  readonly board: Board;
  /** An outbox changed. */
  nudge(): void;
}

/** Longer names are no requests of anybody's. */
const MOST_SHOWN = 40;

export function requestHandler({ board, nudge }: RequestsPort): Handler {
  const answer = (request: JsonObject, signal: AbortSignal): Answer => {
    const kind = stringMember(request, "kind") ?? "";
    switch (kind) {
      case "nudge":
        nudge();
        return reply({ kind: "nudged", ...board.self });
      case "status":
        return reply({ kind: "status", ...board.status() });
      case "watch":
        return { tag: "stream", items: watch(board, signal) };
      default: {
        const shown = visible(kind.slice(0, MOST_SHOWN));
        throw new WireError(
          "not_found",
          `Cannot answer "${shown}": expected nudge, status or watch`,
        );
      }
    }
  };
  // deno-lint-ignore require-await -- what is thrown must come as a rejection
  return async (request, { signal }) => answer(request, signal);
}

const reply = (value: object): Answer => ({ tag: "reply", reply: asJson(value) });

async function* watch(
  board: Board,
  signal: AbortSignal,
): AsyncGenerator<JsonObject, void, undefined> {
  const watching = board.watchers.watch(signal);
  try {
    yield eventFrame({ event: "watching", ...board.self });
    for (let event = await watching.take(); event !== undefined; event = await watching.take()) {
      yield eventFrame(event);
    }
  } finally {
    watching.close();
  }
}

const eventFrame = (event: LiveEvent): JsonObject => asJson({ kind: "event", ...event });

/** Ours, and made of texts, whole numbers, lists and null. */
function asJson(value: object): JsonObject {
  const json = parseJson(JSON.stringify(value));
  if (!isJsonObject(json)) throw new TypeError("expected an object");
  return json;
}
