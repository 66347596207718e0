import assert from "node:assert/strict";
import fc from "fast-check";
import { RelayState } from "../../protocol/schemas/relay_state.ts";
import { withAllowedRelay, withoutAllowedRelay } from "../../store/home/allowed_relays.ts";
import { testRuns } from "../../tests/runs.ts";
import { relayUrlOf } from "../mailbox.ts";
import { peerRoutes } from "../sync/routes.ts";
import { allowCommand, unusedEndpoint } from "./unused.ts";

const slot = (relay_url: string, scope?: string) => ({
  relay_url,
  slot_id: "1".repeat(32),
  slot_token: "1".repeat(64),
  ...(scope === undefined ? {} : { scope }),
});
const stateOf = (self: unknown, more: object = {}): RelayState =>
  RelayState.parse({ self, peers: {}, ...more });

const isUsed = (state: RelayState, url: string): boolean =>
  unusedEndpoint(state, relayUrlOf(url)) === undefined;

Deno.test("public addresses are used; this machine's and private ones only if they are ours", () => {
  const bare = stateOf(null);
  assert.ok(isUsed(bare, "https://relay.example"));
  for (const url of ["http://127.0.0.1:8770", "http://10.0.0.5:8770", "http://printer:8770"]) {
    assert.ok(!isUsed(bare, url), url);
    assert.ok(isUsed(stateOf(slot(url)), url), "the flat members");
    assert.ok(isUsed(stateOf(slot(`${url}/`)), url), "a trailing slash is nothing");
    const endpoints = [slot(url, "local")];
    assert.ok(isUsed(stateOf({ ...slot("https://relay.example"), endpoints }), url), "an endpoint");
    const previous_mailboxes = [{ ...slot(url), moved_at: "2026-01-01T00:00:00Z", untold: [] }];
    assert.ok(isUsed(stateOf(null, { previous_mailboxes }), url), "one that we moved out of");
  }
});

Deno.test("ours means letter by letter: no other port, path, scheme or spelling of the same place", () => {
  const state = stateOf(slot("http://127.0.0.1:8770"));
  for (
    const url of [
      "http://127.0.0.1:8771",
      "http://127.0.0.1",
      "http://127.0.0.1:8770/admin",
      "https://127.0.0.1:8770",
      "http://localhost:8770",
      "http://127.1:8770",
      "http://[::ffff:127.0.0.1]:8770",
      "http://0.0.0.0:8770",
    ]
  ) assert.ok(!isUsed(state, url), url);
});

Deno.test("what the operator allows is used, and no longer once that is taken back", () => {
  const [url, other] = [relayUrlOf("http://10.0.0.5:8770"), relayUrlOf("http://10.0.0.6:8770")];
  const allowed = withAllowedRelay(withAllowedRelay(stateOf(null), url), other);
  assert.deepEqual(withAllowedRelay(allowed, url), allowed, "the same again");
  assert.ok(isUsed(allowed, url) && isUsed(allowed, other));
  const left = withoutAllowedRelay(allowed, url);
  assert.ok(!isUsed(left, url) && isUsed(left, other));
  assert.deepEqual(withoutAllowedRelay(left, other), stateOf(null), "no empty list stays");
});

Deno.test("P3: whatever stands in the place of the list allows nothing by it", () => {
  for (
    const allowed_relays of [null, true, "http://10.0.0.5", { 0: "http://10.0.0.5" }, [1, {}, "x"]]
  ) {
    assert.ok(!isUsed(stateOf(null, { allowed_relays }), "http://10.0.0.5"));
  }
});

Deno.test("the reason names the address, and the command that allows it is safe to paste", () => {
  const unused = unusedEndpoint(stateOf(null), relayUrlOf("http://10.0.0.5:8770"));
  assert.equal(
    unused?.reason,
    "http://10.0.0.5:8770 is in a private network, and neither ours nor allowed",
  );
  assert.equal(unused?.next, "wire allow-relay http://10.0.0.5:8770");
  assert.match(
    unusedEndpoint(stateOf(null), relayUrlOf("http://[::1]:1"))?.reason ?? "",
    /is on this machine/,
  );
  for (const path of ["$(reboot)", "`id`", ";id", "'$(id)'", "&id", '"$(id)"']) {
    const command = allowCommand(relayUrlOf(`http://10.0.0.5/${path}`));
    assert.match(command, /^wire allow-relay '[^']*'$/, command);
  }
});

Deno.test("P3: whatever relay.json says of a peer, no mailbox is used that is private, not ours and not allowed", () => {
  const url = fc.constantFrom(
    "https://relay.example",
    "http://127.0.0.1:8770",
    "http://localhost:8770",
    "http://10.0.0.5:8770",
    "http://167772165:8770",
    "http://[::1]:8770/",
    "http://printer",
  );
  const scope = fc.constantFrom("federation", "local", "lan", "uds");
  const mailbox = fc.tuple(url, scope).map(([place, kind]) => slot(place, kind));
  const entry = fc.tuple(mailbox, fc.array(mailbox, { maxLength: 4 }))
    .map(([flat, endpoints]) => ({ ...flat, endpoints }));
  fc.assert(
    fc.property(
      entry,
      fc.option(entry),
      fc.subarray(["http://10.0.0.5:8770"]),
      (peer, self, allowed) => {
        const state = RelayState.parse({ self, peers: { bob: peer }, allowed_relays: allowed });
        const ours = self === null ? [] : [self, ...self.endpoints].map((it) => it.relay_url);
        const found = peerRoutes(state, "bob");
        if (found.tag === "none") {
          return assert.match(
            found.reason,
            /^no reachable endpoint pinned/,
          );
        }
        for (const { relayUrl } of found.routes) {
          const isOurs = ours.some((it) => it.replace(/\/+$/, "") === relayUrl);
          const isAllowed = allowed.some((it) => it === relayUrl);
          assert.ok(isOurs || isAllowed || relayUrl === "https://relay.example", relayUrl);
        }
      },
    ),
    { numRuns: testRuns(300) },
  );
});
