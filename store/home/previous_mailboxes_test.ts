import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { isEventId, isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import type { NewMailbox } from "./mailbox.ts";
import {
  previousMailboxes,
  withMovedMailbox,
  withoutPrevious,
  withPreviousCursor,
  withTold,
} from "./previous_mailboxes.ts";
import { parseRelayState, printRelayState } from "./relay_state_file.ts";

function mailbox(digit: string): NewMailbox {
  const relayUrl = parseRelayUrl("http://relay.test");
  const [slotId, slotToken] = [digit.repeat(32), digit.repeat(64)];
  assert.ok(relayUrl !== undefined && isSlotId(slotId) && isSlotToken(slotToken));
  return { relayUrl, slotId, slotToken };
}

const entry = (digit: string, relay_url = "http://relay.test") => ({
  relay_url,
  slot_id: digit.repeat(32),
  slot_token: digit.repeat(64),
});
const MOVE = { at: "2026-01-01T00:00:00Z", untold: ["bob", "carol"] };
const CURSOR = "ab".repeat(32);

Deno.test("the old mailbox is kept with its cursor and with whom to tell, outside of self", () => {
  const state = { self: { ...entry("1"), last_pulled_event_id: CURSOR }, peers: {}, later: 1 };
  const moved = withMovedMailbox(state, mailbox("2"), MOVE);
  assert.deepEqual(moved.self, entry("2"));
  assert.equal(moved["later"], 1);
  const [previous, ...others] = previousMailboxes(moved);
  assert.deepEqual(others, []);
  assert.deepEqual(previous, {
    ...mailbox("1"),
    movedAtMs: Date.parse(MOVE.at),
    cursor: CURSOR,
    untold: MOVE.untold,
  });
  const again = previousMailboxes(withMovedMailbox(moved, mailbox("3"), { ...MOVE, untold: [] }));
  assert.deepEqual(again.map(({ slotId }) => slotId), [mailbox("1").slotId, mailbox("2").slotId]);
});

Deno.test("lesson 13: other endpoints, their cursors and unknown members survive a rotation", () => {
  const local = { ...entry("8", "http://127.0.0.1:8771"), scope: "local" };
  const lan = { scope: "lan", address: "10.0.0.1" };
  const far = { ...entry("9", "http://far.test"), scope: "federation" };
  const state: RelayState = {
    self: {
      ...entry("1"),
      endpoints: [local, { ...entry("1"), scope: "federation", since: "x" }, lan, far],
      last_pulled_event_id: CURSOR,
      last_pulled_event_id_local: CURSOR,
      persona: "x",
    },
    peers: { bob: entry("7") },
  };
  const { self, peers } = withMovedMailbox(state, mailbox("2"), MOVE);
  assert.deepEqual(self, {
    ...entry("2"),
    endpoints: [local, { ...entry("2"), scope: "federation", since: "x" }, lan, far],
    last_pulled_event_id_local: CURSOR,
    persona: "x",
  });
  assert.deepEqual(peers, state.peers);
  const listless = withMovedMailbox(
    { self: { ...entry("1"), endpoints: [local] }, peers: {} },
    mailbox("2"),
    MOVE,
  );
  assert.deepEqual(listless.self?.endpoints, [{ ...entry("2"), scope: "federation" }, local]);
});

Deno.test("cursor, telling and forgetting touch one mailbox, and the last one leaves no trace", () => {
  const start: RelayState = { self: entry("1"), peers: {} };
  const moved = withMovedMailbox(start, mailbox("2"), MOVE);
  const [{ slotId } = assert.fail()] = previousMailboxes(moved);
  assert.ok(isEventId(CURSOR));
  const read = withPreviousCursor(moved, slotId, CURSOR);
  assert.equal(previousMailboxes(read)[0]?.cursor, CURSOR);
  assert.deepEqual(previousMailboxes(withTold(read, ["bob"]))[0]?.untold, ["carol"]);
  assert.deepEqual(withoutPrevious(read, slotId), { self: entry("2"), peers: {} });
  assert.deepEqual(withTold(start, ["bob"]), start);
});

Deno.test("whatever another program left there is passed over, kept, and survives the file", () => {
  const values = fc.oneof(
    fc.jsonValue(),
    fc.array(
      fc.oneof(fc.jsonValue(), fc.constant(entry("5")), fc.record({ untold: fc.anything() })),
    ),
  );
  fc.assert(
    fc.property(values, (list) => {
      const state = { self: entry("1"), peers: {}, previous_mailboxes: list };
      for (const { untold } of previousMailboxes(state)) {
        assert.ok(untold.every((name) => typeof name === "string"));
      }
      const told = withTold(withMovedMailbox(state, mailbox("2"), MOVE), ["bob", "carol"]);
      assert.equal(previousMailboxes(told).at(-1)?.slotId, mailbox("1").slotId);
    }),
    { numRuns: testRuns(100) },
  );
  const state = { self: null, peers: {}, previous_mailboxes: [{ odd: true }, "x"] };
  const text = printRelayState(state, "f");
  assert.deepEqual(JSON.parse(text), state);
  assert.equal(printRelayState(parseRelayState(text, "f"), "f"), text);
});
