import assert from "node:assert/strict";
import { parseInvite } from "../../protocol/invite/invite_url.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { fakeWorld, json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { redeemInvite } from "../invite/redeem.ts";
import { invite } from "./invite.ts";

const SLOT = { slot_id: "ab".repeat(16), slot_token: "cd".repeat(32) };

async function bound(seed = "alice"): Promise<World> {
  const world = await livingWorld(seed);
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY, ...SLOT },
  }));
  const mailbox = mailboxOf({ id: SLOT.slot_id, token: SLOT.slot_token });
  await rememberClass(world.context, mailbox, "shared");
  return world;
}

function read(world: World, url: string) {
  const reading = parseInvite(url, Math.floor(world.platform.clock.now() / 1000));
  assert.ok(reading.ok, "the URL is an invite");
  return reading;
}

Deno.test("an invite carries this home's card and mailbox, and is good once for a day", async () => {
  const world = await bound();
  const output = await run(invite, world, {});
  const reading = read(world, output.invite_url);
  assert.equal(reading.card.did, (await world.home.readIdentity()).did);
  assert.equal(reading.slotId, SLOT.slot_id);
  assert.equal(reading.slotToken, SLOT.slot_token);
  assert.equal(reading.exp, Math.floor(world.platform.clock.now() / 1000) + 86_400);
  assert.deepEqual(
    { ...output, invite_url: "" },
    { invite_url: "", relay: RELAY, ttl_secs: 86_400, uses: 1 },
  );
  assert.equal((await redeemInvite(world.home, reading.nonce, "did:wire:b-1")).tag, "redeemed");
  assert.equal((await redeemInvite(world.home, reading.nonce, "did:wire:c-2")).tag, "spent");
  assert.equal(world.platform.net.requests.length, 0, "minting asks nobody");
  assert.match(world.warnings.join(), /^# it holds the token of this mailbox: [^\n]+$/);
});

Deno.test("uses and time to live are counted as asked", async () => {
  const world = await bound();
  const { invite_url } = await run(invite, world, { uses: 2, ttl: 60 });
  const { nonce } = read(world, invite_url);
  assert.equal((await redeemInvite(world.home, nonce, "did:wire:b-1")).tag, "redeemed");
  assert.equal((await redeemInvite(world.home, nonce, "did:wire:c-2")).tag, "redeemed");
  const { invite_url: late } = await run(invite, world, { uses: 2, ttl: 60 });
  const other = read(world, late).nonce;
  assert.notEqual(other, nonce);
  await world.platform.clock.advance(61_000);
  assert.equal((await redeemInvite(world.home, other, "did:wire:b-1")).tag, "expired");
});

Deno.test("P10: on a fresh machine one command makes identity, mailbox and invite", async () => {
  const world = fakeWorld();
  serveRelay(world, {
    "GET /healthz": new Response("ok"),
    "POST /v1/slot/allocate": json(SLOT, 201),
  });
  const output = await run(invite, world, { relay: RELAY });
  assert.equal(read(world, output.invite_url).card.handle, "test-host");
  assert.equal(output.relay, RELAY);
});

Deno.test("P5: a short link is made at the relay that holds the mailbox, unless another is named", async () => {
  for (const named of [undefined, "http://named.test/"]) {
    const world = await bound();
    const relay = named === undefined ? RELAY : "http://named.test";
    const bodies: unknown[] = [];
    world.platform.net.serve(relay, async (request) => {
      assert.equal(`${request.method} ${request.url}`, `POST ${relay}/v1/invite/register`);
      assert.equal(request.headers.get("authorization"), null);
      assert.equal(request.redirect, "manual", "the invite goes to this relay and no other");
      bodies.push(await request.json());
      const token = "f00d".repeat(8);
      return json({ token, path: `/i/${token}`, expires_unix: 99, uses_remaining: 1 }, 201);
    });
    const output = await run(invite, world, { share: true, ttl: 60, relay: named });
    const link = `${relay}/i/${"f00d".repeat(8)}`;
    assert.deepEqual(output.share, {
      curl: `curl -fsSL ${link} | sh`,
      expires_unix: 99,
      share_url: link,
      token: "f00d".repeat(8),
    });
    assert.deepEqual(bodies, [{ invite_url: output.invite_url, ttl_seconds: 60, uses: 1 }]);
    await run(invite, world, { share: true, uses: 3, relay: named });
    assert.deepEqual(Reflect.get(Object(bodies[1]), "uses"), null);
  }
});

Deno.test("a relay that makes no short link is told apart, and never repeats the invite", async () => {
  const world = await bound();
  world.platform.net.serve(RELAY, async (request) => {
    const { invite_url } = await request.json();
    return new Response(`no \u001b[31m${invite_url}`, { status: 413 });
  });
  await assert.rejects(run(invite, world, { share: true }), {
    code: "relay_status",
    message: "relay 413 on /v1/invite/register: no \ufffd[31m[invite]",
  });
  for (const reply of [json({ token: "x' ; rm -rf", expires_unix: 1 }), new Response("<html>")]) {
    world.platform.net.serve(RELAY, () => reply);
    await assert.rejects(run(invite, world, { share: true }), { code: "relay_garbage" });
  }
});

Deno.test("P1: when the invite cannot be kept, nobody gets its URL", async () => {
  const world = await bound();
  await world.platform.files.writeAtomic("/alice/state/wire/invites", "a file", { point: "t.p" });
  await assert.rejects(run(invite, world, {}), { name: "WireError" });
});
