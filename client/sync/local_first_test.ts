/** Which of a peer's two mailboxes takes a message: the one on this machine, as long as it answers. */
import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { isEventId, type RelayUrl } from "../../protocol/ids.ts";
import { RelayState } from "../../protocol/schemas/relay_state.ts";
import { FakeRelay } from "../../tests/fault/fake_relay.ts";
import { NEVER } from "../../tests/fault/mail_world.ts";
import { RelayClient } from "../relay_client.ts";
import { Poster, type PostOutcome, type Publisher } from "./poster.ts";
import { peerRoutes, type Route } from "./routes.ts";

const PUBLIC = "https://relay.test";
const LOCAL = "http://127.0.0.1:8771";

const NOT_GIVEN = false;
/** No relay here signs any. */
const NONE = {
  areGivenBy: () => Promise.resolve(NOT_GIVEN),
  check: () => Promise.reject(new Error("nobody asked for a receipt")),
};

class World implements Publisher {
  readonly clock = new FakeClock();
  readonly net = new FakeNet();
  readonly relays = { public: new FakeRelay(), local: new FakeRelay() };
  /** As of our own connection to the local relay. */
  since: number | undefined;
  hanging = false;
  readonly poster: Poster;
  readonly routes;
  #count = 0;

  constructor() {
    const random = new FakeRandom("poster");
    const relay = (url: RelayUrl) => new RelayClient(url, { net: this.net, clock: this.clock });
    this.poster = new Poster({ clock: this.clock, random, relay, publisher: this, receipts: NONE });
    this.net.serve(PUBLIC, this.relays.public.handle).serve(LOCAL, this.relays.local.handle);
    const at = (relay_url: string, scope: string, from: FakeRelay, number: number) => {
      const { slotId, slotToken } = from.makeSlot(number);
      return { relay_url, scope, slot_id: slotId, slot_token: slotToken };
    };
    const peer = {
      endpoints: [
        at(PUBLIC, "federation", this.relays.public, 1),
        at(LOCAL, "local", this.relays.local, 2),
      ],
    };
    const own = { endpoints: [at(LOCAL, "local", this.relays.local, 3)] };
    const found = peerRoutes(RelayState.parse({ self: own, peers: { bob: peer } }), "bob");
    assert.equal(found.tag, "routes");
    this.routes = found.tag === "routes" ? found.routes : [];
  }

  publish({ scope }: Route): Promise<undefined> | undefined {
    return this.hanging && scope === "local" ? new Promise<undefined>(() => {}) : undefined;
  }

  connectedSince(): number | undefined {
    return this.since;
  }

  /** @returns where it went, or why it did not */
  async post(): Promise<string> {
    const id = (++this.#count).toString(16).padStart(64, "0");
    assert.ok(isEventId(id));
    const message = { id, text: `{"event_id":"${id}"}`, to: "did:wire:bob" };
    const outcomes: PostOutcome[] = [];
    for await (const { outcome } of this.poster.post([message], this.routes, NEVER)) {
      outcomes.push(outcome);
    }
    const [outcome] = outcomes;
    return outcome?.tag === "failed" ? outcome.reason : outcome?.route.scope ?? "nowhere";
  }

  asked(): number {
    return this.net.requests.filter(({ url }) => url.startsWith(LOCAL)).length;
  }
}

Deno.test("S15: the local mailbox takes the message, and the public one nothing", async () => {
  const world = new World();
  assert.equal(await world.post(), "local");
  assert.equal(world.relays.public.log.length, 0);
});

Deno.test("S15: a local relay that is gone costs no attempt: the message goes to the public one at once", async () => {
  const world = new World();
  world.net.fail(LOCAL, "connect");
  assert.equal(await world.post(), "federation");
  assert.equal(await world.post(), "federation");
  assert.equal(world.asked(), 1, "it rests meanwhile");
  world.net.fail(LOCAL, undefined);
  await world.clock.advance(2_000);
  assert.equal(await world.post(), "local");
});

Deno.test("S15: after a long absence the local mailbox is taken as soon as we are connected there again, and not before", async () => {
  const world = new World();
  world.net.fail(LOCAL, "connect");
  for (let failures = 0; failures < 8; failures++) {
    await world.post();
    await world.clock.advance(40_000);
  }
  world.since = world.clock.monotonic() - 1;
  assert.equal(await world.post(), "federation");
  const asked = world.asked();
  assert.equal(await world.post(), "federation", "a connection from before proves nothing");
  assert.equal(world.asked(), asked);
  world.net.fail(LOCAL, undefined);
  await world.clock.advance(1);
  world.since = world.clock.monotonic();
  assert.equal(await world.post(), "local");
});

Deno.test("P8: a local relay that hangs is given three seconds, whichever way is used", async () => {
  for (const hanging of [true, false]) {
    const world = new World();
    world.hanging = hanging;
    if (!hanging) world.net.serve(LOCAL, () => new Promise<Response>(() => {}));
    const posting = world.post();
    for (let seconds = 0; seconds < 4; seconds++) await world.clock.advance(1_000);
    assert.equal(await posting, "federation", hanging ? "connection" : "request");
  }
});

Deno.test("a local relay that does not know the mailbox is passed over, connected or not", async () => {
  const world = new World();
  world.relays.local.slots.clear();
  assert.equal(await world.post(), "federation");
  await world.clock.advance(1);
  world.since = world.clock.monotonic();
  const asked = world.asked();
  assert.equal(await world.post(), "federation");
  assert.equal(world.asked(), asked);
});
