import { joinBytes } from "../../protocol/bytes.ts";
import type { Page } from "../../store/slots/slot_store.ts";
import { json } from "../exchange.ts";
import { noBody, pageQuery } from "../read.ts";
import { type Route, slotRoute } from "../route.ts";

const OPEN = new TextEncoder().encode("[");
const COMMA = new TextEncoder().encode(",");
const CLOSE = new TextEncoder().encode("]");

/**
 * docs/protocol/relay.md §5.4: an array, oldest first, written a segment at a time so that a slow
 * reader of a large page holds little.
 */
export const listEvents: Route = slotRoute({
  method: "GET",
  path: "/v1/events/:slot_id",
  query: pageQuery,
  body: noBody,
  async run({ store, lastPulls, clock, limits }, { slot, query }) {
    lastPulls.set(slot.id, Math.floor(clock.now() / 1000));
    const page = await store.list(slot.id, { ...query, maxBytes: limits.maxPageBytes });
    const pieces = page[Symbol.asyncIterator]();
    const first = await pieces.next();
    if (first.done === true) return json(200, []);
    const second = await pieces.next();
    if (second.done === true) {
      return { ...json(200, []), body: joinBytes([OPEN, ...commas(first.value), CLOSE]) };
    }
    return { ...json(200, []), body: arrayOf(first.value, second.value, pieces) };
  },
});

async function* arrayOf(
  first: readonly Uint8Array[],
  second: readonly Uint8Array[],
  rest: AsyncIterator<readonly Uint8Array[]>,
): AsyncIterable<Uint8Array> {
  yield joinBytes([OPEN, ...commas(first)]);
  yield joinBytes([COMMA, ...commas(second)]);
  const others: Page = { [Symbol.asyncIterator]: () => rest };
  for await (const bodies of others) yield joinBytes([COMMA, ...commas(bodies)]);
  yield CLOSE;
}

const commas = (bodies: readonly Uint8Array[]): Uint8Array[] =>
  bodies.flatMap((body, i) => i === 0 ? [body] : [COMMA, body]);
