import assert from "node:assert/strict";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { makeReceipt, relayKeyText } from "../../protocol/receipt.ts";
import { readRelayKey } from "../../store/home/relay_keys.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import {
  eventFrom,
  handle,
  MailWorld,
  NEVER,
  type Party,
  RELAY_URL,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { relayUrlOf } from "../mailbox.ts";
import { bindRelay } from "../operations/bind_relay.ts";
import { push } from "../operations/push.ts";
import { Outbox } from "../../store/mail/outbox.ts";

const URL = relayUrlOf(RELAY_URL);
const keysOf = (number: number): KeyPair => keyPairFromSeed(new Uint8Array(32).fill(number));

interface Signing {
  keys: KeyPair;
  /** What it shows; the same unless it lies. */
  shown?: KeyPair;
  /** Changes the receipt before it is given; undefined gives none. */
  change?: (receipt: Record<string, unknown>) => unknown;
  features?: string;
}

/** The relay of that world, which signs receipts for whoever asks. */
function signing(world: MailWorld, how: Signing): void {
  world.net.serve(RELAY_URL, async (request) => {
    const path = new globalThis.URL(request.url).pathname;
    if (path === "/healthz") {
      const features = how.features ?? "grants receipts";
      return new Response("ok\n", { headers: { "wire-relay": `features="${features}"` } });
    }
    if (path === "/v1/relay") return Response.json(info(how));
    const asked = request.headers.get("wire-receipt");
    const response = await world.relay.handle(request);
    const slotId = path.match(/^\/v1\/events\/([0-9a-f]{32})$/)?.[1];
    if (asked === null || slotId === undefined || !response.ok) return response;
    const reply = await response.json();
    const event = { relay: asked, slotId, eventId: reply.event_id };
    const receipt = makeReceipt(event, "2026-01-01T00:00:00Z", how.keys);
    const given = how.change === undefined ? receipt : how.change({ ...receipt });
    return Response.json({ ...reply, receipt: given }, { status: response.status });
  });
}

const info = ({ keys, shown = keys }: Signing) => ({
  name: "wire",
  version: "0",
  protocol: "wire/0.5",
  features: ["receipts"],
  relay_key: relayKeyText(shown.publicKey),
  limits: {
    max_event_bytes: 1,
    max_slot_bytes: 1,
    max_batch: 1,
    max_frame_bytes: 1,
    retention_days: null,
  },
});

async function queued(alice: Party, bob: Party, body = "hello") {
  const { stateRoot } = alice.context.home.paths;
  const event = eventFrom(alice, bob, { body });
  await new Outbox({ files: alice.disk, stateRoot }).enqueue(bob.handle, event);
  return event;
}

async function stepsOf(alice: Party, id: string) {
  const { stateRoot } = alice.context.home.paths;
  const journal = new DeliveryJournal({ files: alice.disk, stateRoot });
  return [...(await journal.find(handle("bob"), id)).values()].flat();
}

const pushed = async (party: Party) => await push.run(restarted(party), {});

Deno.test("P2: stored is said with the relay's own receipt, verified, where the relay signs them", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  signing(world, { keys: keysOf(7) });
  const event = await queued(alice, bob);
  assert.equal((await pushed(alice)).pushed.length, 1);
  const [stored, ...more] = await stepsOf(alice, event.id);
  assert.deepEqual(more, []);
  const { receipt, ...rest } = stored?.evidence ?? {};
  assert.deepEqual(rest, {
    relay: RELAY_URL,
    scope: "federation",
    status: "stored",
    to: bob.identity.did,
  });
  assert.deepEqual(
    receipt,
    {
      ...makeReceipt(
        { relay: RELAY_URL, slotId: bob.slotId, eventId: event.id },
        "2026-01-01T00:00:00Z",
        keysOf(7),
      ),
    },
  );
  assert.equal(await readRelayKey(alice.context.home, URL), relayKeyText(keysOf(7).publicKey));
});

Deno.test("P2: a receipt that is missing, of another event or forged proves nothing: the message stays queued", async () => {
  const other = (name: string) => (receipt: Record<string, unknown>) => ({
    ...receipt,
    [name]: "0".repeat(64),
  });
  const lies: readonly Partial<Signing>[] = [
    { change: () => undefined },
    { change: () => 7 },
    { change: other("event_id") },
    { change: other("slot_id") },
    { change: other("relay") },
    { change: other("sig") },
    { shown: keysOf(8) },
  ];
  for (const lie of lies) {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    signing(world, { keys: keysOf(7), ...lie });
    const event = await queued(alice, bob);
    const { pushed: none, skipped } = await pushed(alice);
    assert.deepEqual(none, []);
    assert.match(skipped[0]?.reason ?? "", /Cannot take the receipt of http:\/\/relay\.test/);
    assert.deepEqual(await stepsOf(alice, event.id), []);
    // An honest one then settles it.
    signing(world, { keys: lie.shown ?? keysOf(7) });
    assert.equal((await pushed(alice)).skipped[0]?.reason, "duplicate");
    assert.equal((await stepsOf(alice, event.id))[0]?.step, "stored");
  }
});

Deno.test("a relay that signs with another key stops us aloud, until the operator accepts it", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  signing(world, { keys: keysOf(7) });
  await queued(alice, bob, "one");
  await pushed(alice);
  signing(world, { keys: keysOf(8) });
  const event = await queued(alice, bob, "two");
  for (const _ of ["once", "and again"]) {
    const { skipped } = await pushed(alice);
    assert.match(skipped[0]?.reason ?? "", /signs with another key than before/);
  }
  assert.match(alice.warnings.join("\n"), /another key than before/);
  assert.deepEqual(await stepsOf(alice, event.id), []);
  const url = RELAY_URL;
  await bindRelay.run(restarted(alice), { url, acceptLostFeatures: true });
  await pushed(alice);
  assert.equal((await stepsOf(alice, event.id))[0]?.step, "stored");
  assert.equal(await readRelayKey(alice.context.home, URL), relayKeyText(keysOf(8).publicKey));
});

Deno.test("a relay that signs no receipts any more stops us as any feature that is lost", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  signing(world, { keys: keysOf(7) });
  await queued(alice, bob, "one");
  await pushed(alice);
  signing(world, { keys: keysOf(7), features: "grants", change: () => undefined });
  const event = await queued(alice, bob, "two");
  const { skipped } = await pushed(alice);
  assert.match(skipped[0]?.reason ?? "", /it offered receipts before/);
  assert.deepEqual(await stepsOf(alice, event.id), []);
});

Deno.test("where no receipts are announced none is asked for, and the answer is the evidence", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = await queued(alice, bob);
  await pushed(alice);
  const posts = world.net.requests.filter(({ method }) => method === "POST");
  assert.deepEqual(posts.map(({ headers }) => headers.get("wire-receipt")), [null]);
  const [stored] = await stepsOf(alice, event.id);
  assert.equal(stored?.evidence["receipt"], undefined);
  assert.ok(!NEVER.aborted);
});

Deno.test("P1: killed at home.relay_keys, the next receipt pins the key", async () => {
  for (const moment of ["before", "after"] as const) {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    signing(world, { keys: keysOf(7) });
    const event = await queued(alice, bob);
    const files = new FaultFiles(alice.disk).crashAt({ point: "home.relay_keys" }, moment);
    await assert.rejects(push.run(restarted(alice, files), {}), Crash);
    await pushed(alice);
    assert.equal((await stepsOf(alice, event.id))[0]?.step, "stored");
    assert.equal(await readRelayKey(alice.context.home, URL), relayKeyText(keysOf(7).publicKey));
  }
});
