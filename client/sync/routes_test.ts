import assert from "node:assert/strict";
import fc from "fast-check";
import { RelayState } from "../../protocol/schemas/relay_state.ts";
import { testRuns } from "../../tests/runs.ts";
import { cursorOf, federationCursor, lastUsableId, withCursor } from "./cursors.ts";
import { mailboxKey } from "./mailbox_turns.ts";
import { NO_ROUTE, ownRoutes, peerRoutes } from "./routes.ts";

const slot = (digit: string) => ({ slot_id: digit.repeat(32), slot_token: digit.repeat(64) });
const at = (relay_url: string, scope: string, digit = "1") => ({
  relay_url,
  scope,
  ...slot(digit),
});
const FEDERATION = "https://relay.test";
const LOCAL = "http://127.0.0.1:8771";

const stateOf = (self: unknown, peer: unknown): RelayState =>
  RelayState.parse({ self, peers: { bob: peer } });

const urls = (state: RelayState): unknown => {
  const found = peerRoutes(state, "bob");
  return found.tag === "none" ? found.reason : found.routes.map((route) => route.shownUrl);
};

Deno.test("endpoints: ours local first, federation in stored order, other locals dropped", () => {
  const self = { ...at(FEDERATION, ""), endpoints: [at(LOCAL, "local")] };
  const endpoints = [
    at("https://b.test", "federation"),
    at("http://127.0.0.1:9", "local"),
    at(FEDERATION, "federation"),
    at(LOCAL, "local"),
    at("unix:///x", "uds"),
  ];
  const expected = [LOCAL, "https://b.test", FEDERATION];
  assert.deepEqual(urls(stateOf(self, { endpoints })), expected);
  assert.deepEqual(urls(stateOf(null, { endpoints })), expected.slice(1));
});

Deno.test("a socket of our own comes before a local relay of our own; others' are not called", () => {
  const own = [at(LOCAL, "local"), at("unix:///run/a b.sock", "uds")];
  const self = { ...at(FEDERATION, ""), endpoints: own };
  const endpoints = [
    at(FEDERATION, "federation"),
    at(LOCAL, "local"),
    at("unix:///run/other.sock", "uds"),
    at("unix:///run/../run/a b.sock", "uds"),
    at("unix:///run/a b.sock", "uds"),
    at("http://127.0.0.1:8771", "uds"),
    at("unix:///run/a b.sock", "federation"),
  ];
  assert.deepEqual(urls(stateOf(self, { endpoints })), ["unix:///run/a b.sock", LOCAL, FEDERATION]);
  assert.deepEqual(urls(stateOf(null, { endpoints })), [FEDERATION]);
});

Deno.test("without a usable list the flat members are one federation endpoint, else a reason", () => {
  const flat = { relay_url: `${FEDERATION}/`, ...slot("2") };
  assert.deepEqual(urls(stateOf(null, { ...flat, endpoints: [{ scope: "lan" }] })), [
    `${FEDERATION}/`,
  ]);
  for (
    const peer of [
      {},
      { ...flat, slot_token: "" },
      { ...flat, relay_url: "ftp://x" },
      { ...flat, relay_url: "https://me@relay.test" },
      { ...flat, slot_id: "../../etc" },
      { endpoints: [at(LOCAL, "local")] },
    ]
  ) assert.equal(urls(stateOf(null, peer)), NO_ROUTE);
  assert.equal(peerRoutes(stateOf(null, flat), "constructor").tag, "none");
});

Deno.test("lesson 8: whatever relay.json holds, there is a route or a reason", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (self, peer) => {
      const parsed = RelayState.safeParse({ self, peers: { bob: peer } });
      if (!parsed.success) return;
      const found = peerRoutes(parsed.data, "bob");
      assert.ok(found.tag === "none" ? found.reason !== "" : found.routes.length > 0);
      ownRoutes(parsed.data);
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("lesson 13: a cursor changes nothing but itself, and only while the mailbox is ours", () => {
  const state = stateOf({ ...at(FEDERATION, ""), extra: 1 }, {});
  const [route] = ownRoutes(state);
  assert.ok(route);
  const id = lastUsableId([{ event_id: "a".repeat(64) }, { event_id: "A".repeat(64) }, 7, {}]);
  assert.ok(id);
  const moved = withCursor(state, route, id);
  assert.deepEqual(moved, { ...state, self: { ...state.self, last_pulled_event_id: id } });
  assert.equal(cursorOf(moved, route), id);
  assert.equal(federationCursor(moved), id);
  const rebound = stateOf({ ...at(FEDERATION, "", "3") }, {});
  assert.equal(withCursor(rebound, route, id), rebound);
  const poisoned = stateOf({ ...at(FEDERATION, ""), last_pulled_event_id: "a&limit=1" }, {});
  assert.equal(cursorOf(poisoned, route), undefined);
});

Deno.test("each mailbox of a scope has a cursor of its own, and one that is left takes it along", () => {
  const lists = ["1", "2", "3"].map((digit) => at(FEDERATION, "federation", digit));
  const stateWith = (endpoints: readonly unknown[], rest: object = {}): RelayState =>
    stateOf({ ...at(FEDERATION, ""), endpoints, ...rest }, {});
  const routes = ownRoutes(stateWith(lists));
  const ids = [..."abc"].map((digit) => lastUsableId([{ event_id: digit.repeat(64) }]));
  let state = stateWith(lists);
  for (const [at, route] of routes.entries()) {
    const id = ids[at];
    assert.ok(id);
    state = withCursor(state, route, id);
  }
  assert.deepEqual(routes.map((route) => cursorOf(state, route)), ids);
  assert.equal(state.self?.last_pulled_event_id, ids[0]);
  const fewer = stateWith(lists.slice(0, 2), { cursors: Reflect.get(state.self ?? {}, "cursors") });
  const [, second] = routes;
  const [id] = ids;
  assert.ok(second && id);
  const moved = withCursor(fewer, second, id);
  assert.deepEqual(Reflect.get(moved.self ?? {}, "cursors"), { [mailboxKey(second)]: id });
});
