import assert from "node:assert/strict";
import { ownRoutes } from "./routes.ts";
import { RelayState } from "../../protocol/schemas/relay_state.ts";
import { MailboxTurns } from "./mailbox_turns.ts";

const [PLACE, OTHER] = ["1", "2"].map((digit) => {
  const self = {
    relay_url: "http://relay.test",
    slot_id: digit.repeat(32),
    slot_token: digit.repeat(64),
  };
  const [route] = ownRoutes(RelayState.parse({ self, peers: {} }));
  assert.ok(route);
  return route;
});
assert.ok(PLACE && OTHER);
const NEVER = new AbortController().signal;

Deno.test("a mailbox has one reader at a time; who waits is next, who does not wait gets nothing", async () => {
  const turns = new MailboxTurns();
  const first = await turns.take(PLACE, NEVER);
  assert.equal(turns.tryTake(PLACE), undefined);
  turns.tryTake(OTHER)?.[Symbol.dispose]();
  const order: string[] = [];
  const waiting = ["second", "third"].map(async (name) => {
    using _turn = await turns.take(PLACE, NEVER);
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
  });
  first[Symbol.dispose]();
  await Promise.all(waiting);
  assert.deepEqual(order, ["second begins", "second ends", "third begins", "third ends"]);
  first[Symbol.dispose](); // again is nothing
  assert.ok(turns.tryTake(PLACE));
});

Deno.test("P8: who waits for a turn goes when its signal aborts, and a barred relay has none", async () => {
  const turns = new MailboxTurns();
  using _held = await turns.take(PLACE, NEVER);
  const stop = new AbortController();
  const waiting = turns.take(PLACE, stop.signal);
  stop.abort(new Error("stopped"));
  await assert.rejects(waiting, /stopped/);
  turns.bar(PLACE.relayUrl, new Error("lost"));
  assert.throws(() => turns.tryTake(OTHER), /lost/);
  turns.bar(PLACE.relayUrl, undefined);
  assert.ok(turns.tryTake(OTHER));
});
