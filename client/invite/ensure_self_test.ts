import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { parseRelayUrl, type RelayUrl } from "../../protocol/ids.ts";
import { fakeWorld, json, livingWorld, RELAY, serveRelay, type World } from "../fake/world.ts";
import { createContext } from "../context.ts";
import { ensureSelf, handleOfHost } from "./ensure_self.ts";

const SLOT = { slot_id: "ab".repeat(16), slot_token: "cd".repeat(32) };
const owner = "test";

function url(text = RELAY): RelayUrl {
  const relay = parseRelayUrl(text);
  assert.ok(relay);
  return relay;
}

const serve = (world: World) =>
  serveRelay(world, {
    "GET /healthz": new Response("ok"),
    "POST /v1/slot/allocate": json(SLOT, 201),
  });

Deno.test("a fresh home gets an identity called after the host, and a mailbox", async () => {
  const world = fakeWorld();
  serve(world);
  const { identity, mailbox } = await ensureSelf(world.context, { relay: url(), owner });
  assert.equal(identity.handle, "test-host");
  assert.deepEqual(mailbox, {
    relayUrl: RELAY,
    slotId: SLOT.slot_id,
    slotToken: SLOT.slot_token,
  });
  assert.equal((await world.home.readRelayState()).self?.slot_id, SLOT.slot_id);
  assert.equal(world.warnings.length, 2, "what was made is said");
});

Deno.test("lesson 26: a home with a mailbox keeps it, whatever relay is preferred", async () => {
  const world = await livingWorld();
  serve(world);
  const self = { relay_url: `${RELAY}/`, ...SLOT, last_pulled_event_id: "e" };
  await world.home.updateRelayState(owner, (state) => ({ ...state, self }));
  const before = world.platform.files.texts();
  for (const relay of [RELAY, `${RELAY}/`, "https://other.test"]) {
    const { mailbox } = await ensureSelf(world.context, { relay: url(relay), owner });
    assert.equal(mailbox.slotId, SLOT.slot_id);
  }
  assert.deepEqual(world.platform.files.texts(), before);
  assert.equal(world.platform.net.requests.length, 0);
  assert.equal(world.warnings.length, 1, "a trailing slash is no other relay");
});

Deno.test("without a preference the relay of config.toml is taken, else the public one", async () => {
  const world = await livingWorld();
  serve(world);
  await world.home.ensureRoots();
  const point = { point: "t.p" };
  await assert.rejects(ensureSelf(world.context, { owner }), { code: "unreachable" });
  assert.equal(world.platform.net.requests[0]?.url, "https://wireup.net/healthz");
  await world.platform.files.writeAtomic(world.home.file.config, `relay_url = "${RELAY}"`, point);
  assert.equal((await ensureSelf(world.context, { owner })).mailbox.relayUrl, RELAY);
});

Deno.test("a relay that fails leaves the identity, and the next call goes on from there", async () => {
  const world = fakeWorld();
  await assert.rejects(ensureSelf(world.context, { relay: url(), owner }), {
    code: "unreachable",
  });
  const { did } = await world.home.readIdentity();
  serve(world);
  assert.equal((await ensureSelf(world.context, { relay: url(), owner })).identity.did, did);
});

Deno.test("two commands at once end with one identity and one mailbox", async () => {
  const world = fakeWorld();
  let made = 0;
  serveRelay(world, {
    "GET /healthz": new Response("ok"),
    "POST /v1/slot/allocate": () => json({ ...SLOT, slot_id: `${++made}`.padStart(32, "0") }, 201),
  });
  const ready = await Promise.all(
    [1, 2].map(() => ensureSelf(world.context, { relay: url(), owner })),
  );
  assert.equal(ready[0]?.identity.did, ready[1]?.identity.did);
  assert.equal(ready[0]?.mailbox.slotId, ready[1]?.mailbox.slotId);
});

Deno.test("P7: a relay.json that cannot be used stops before anything is made", async () => {
  for (const text of ["{", '{"self":{"slot_id":"x","relay_url":"y","slot_token":"z"}}']) {
    const world = fakeWorld();
    serve(world);
    await world.home.ensureRoots();
    await world.platform.files.writeAtomic(world.home.file.relayState, text, { point: "t.p" });
    await assert.rejects(ensureSelf(world.context, { relay: url(), owner }), {
      code: "unreadable",
    });
    assert.equal(world.platform.net.requests.length, 0);
    assert.ok(!await world.home.isInitialized());
  }
});

Deno.test("any host name gives a handle", () => {
  assert.equal(handleOfHost("mac.local"), "mac-local");
  assert.equal(handleOfHost("büro"), "b-ro");
  assert.equal(handleOfHost(""), "wire-user");
  assert.equal(handleOfHost("NUL"), "wire-user");
  assert.equal(handleOfHost("../../x"), "------x");
  assert.equal(handleOfHost("a".repeat(99)), "a".repeat(64));
});

Deno.test("a host without a name is still called something", async () => {
  const world = fakeWorld();
  serve(world);
  const env = new FakeEnv({ variables: { WIRE_HOME: "/nameless" }, hostname: "" });
  const context = createContext({ ...world.platform, env }, { warn: () => {} });
  assert.equal((await ensureSelf(context, { relay: url(), owner })).identity.handle, "wire-user");
});
