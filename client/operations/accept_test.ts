import assert from "node:assert/strict";
import type { Files } from "../../platform/files.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { type Invite, mintInvite } from "../../protocol/invite/invite_url.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, type JsonObject, member } from "../../protocol/json/value.ts";
import { printJson } from "../../protocol/json/print.ts";
import { pinCard, removeAgent } from "../../protocol/trust/trust.ts";
import { createContext } from "../context.ts";
import { fakeWorld, json, livingWorld, RELAY, run, type World } from "../fake/world.ts";
import { lastPassages } from "../../store/home/passages.ts";
import { accept } from "./accept.ts";

const THEIRS = { slotId: "12".repeat(16), slotToken: "34".repeat(32), nonce: "56".repeat(32) };
const OURS = { slot_id: "ab".repeat(16), slot_token: "cd".repeat(32) };

/** An invite of somebody who is not in the world. */
function inviteOf(handle: string, seed = 9, about: Partial<Invite> = {}): string {
  const keys = keyPairFromSeed(new Uint8Array(32).fill(seed));
  const relayUrl = parseRelayUrl(RELAY);
  const { slotId, slotToken, nonce } = THEIRS;
  assert.ok(relayUrl && isSlotId(slotId) && isSlotToken(slotToken) && isInviteNonce(nonce));
  const did = makeDid(handle, keys.publicKey);
  const card = makeCard({ handle, keys });
  const exp = about.exp ?? 4_102_444_800;
  return mintInvite({ did, card, relayUrl, slotId, slotToken, nonce, exp, keys });
}

interface Served {
  readonly posted: JsonObject[];
}

/** A relay that takes everything, and what was posted to the issuer. */
function serve(world: World, post: () => Response = () => json({ status: "stored" }, 201)): Served {
  const posted: JsonObject[] = [];
  world.platform.net.serve(RELAY, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    if (pathname === "/v1/slot/allocate") return json(OURS, 201);
    assert.equal(pathname, `/v1/events/${THEIRS.slotId}`);
    assert.equal(request.headers.get("authorization"), `Bearer ${THEIRS.slotToken}`);
    const body = parseJson(await request.text());
    const event = isJsonObject(body) ? member(body, "event") : undefined;
    assert.ok(event !== undefined && isJsonObject(event));
    posted.push(event);
    return post();
  });
  return { posted };
}

Deno.test("P10: on a fresh machine one command makes identity and mailbox, pins, and asks to be pinned", async () => {
  const world = fakeWorld();
  const { posted } = serve(world);
  const output = await run(accept, world, { url: ` ${inviteOf("ida")}\n` });
  const self = await world.home.readIdentity();
  const [drop] = posted;
  assert.ok(drop);
  assert.deepEqual(
    { ...output, event_id: "" },
    { event_id: "", paired_with: makeDidOf("ida"), peer_handle: "ida", status: "drop_sent" },
  );
  assert.equal(member(drop, "event_id"), output.event_id);
  assert.deepEqual(
    [member(drop, "from"), member(drop, "to"), member(drop, "type")],
    [self.did, makeDidOf("ida"), "pair_drop"],
  );
  const body = member(drop, "body");
  assert.ok(body !== undefined && isJsonObject(body));
  assert.deepEqual(
    Object.keys(body).sort(),
    ["card", "pair_nonce", "relay_url", "slot_id", "slot_token"],
  );
  assert.equal(member(body, "pair_nonce"), THEIRS.nonce);
  assert.equal(member(body, "slot_id"), OURS.slot_id);

  const card = admitCard(member(body, "card") ?? null);
  assert.ok(card.ok);
  const issuer = await livingWorld("ida");
  const trust = await issuer.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  assert.ok(verifyEvent(parseEvent(printJson(drop)), trust).ok, "the embedded key signed the drop");
});

const makeDidOf = (handle: string, seed = 9): string =>
  makeDid(handle, keyPairFromSeed(new Uint8Array(32).fill(seed)).publicKey);

Deno.test("the issuer is pinned at VERIFIED with the invite's mailbox", async () => {
  const world = fakeWorld();
  serve(world);
  await run(accept, world, { url: inviteOf("ida") });
  const agent = (await world.home.readTrust()).agents.get("ida");
  assert.deepEqual([agent?.tier, agent?.did], ["VERIFIED", makeDidOf("ida")]);
  assert.deepEqual((await world.home.readRelayState()).peers["ida"], {
    relay_url: RELAY,
    slot_id: THEIRS.slotId,
    slot_token: THEIRS.slotToken,
  });
});

Deno.test("a short link is the same as the invite behind it", async () => {
  const world = fakeWorld();
  serve(world);
  world.platform.net.serve("https://short.test", () => new Response(`${inviteOf("ida")}\n`));
  const output = await run(accept, world, { url: "https://short.test/i/abc123" });
  assert.equal(output.peer_handle, "ida");
});

Deno.test("an issuer that does not answer stays pinned, and accepting again is the repair", async () => {
  const world = fakeWorld();
  let answer = (): Response => new Response("busy", { status: 503 });
  const { posted } = serve(world, () => answer());
  await assert.rejects(run(accept, world, { url: inviteOf("ida") }), {
    code: "relay_status",
    message: `POST pair_drop to ${RELAY} slot ${THEIRS.slotId}: ` +
      "post_event failed: 503 Service Unavailable: busy",
  });
  const before = await world.home.readTrust();
  assert.ok(before.agents.has("ida"));
  answer = () => json({ status: "stored" }, 201);
  await run(accept, world, { url: inviteOf("ida") });
  assert.equal(posted.length, 2);
  const after = await world.home.readTrust();
  assert.deepEqual([...after.agents.keys()].sort(), [...before.agents.keys()].sort());
});

Deno.test("P2: nobody is told of a pairing that another command has undone meanwhile", async () => {
  const world = fakeWorld();
  serve(world);
  const { fetch } = world.platform.net;
  const context = createContext({
    ...world.platform,
    net: {
      async fetch(request) {
        const response = await fetch.call(world.platform.net, request);
        if (request.url.includes("/v1/events/")) {
          await world.home.updateTrust("test", (store) => removeAgent(store, "ida"));
        }
        return response;
      },
    },
  }, { warn: () => {} });
  await assert.rejects(accept.run(context, { url: inviteOf("ida") }), { code: "conflict" });
});

Deno.test("P5: the issuer's token does not follow a redirect", async () => {
  const world = fakeWorld();
  serve(world, () => new Response("", { status: 307, headers: { location: "http://evil.test/" } }));
  await assert.rejects(run(accept, world, { url: inviteOf("ida") }), { code: "relay_status" });
  const hosts = world.platform.net.requests.map(({ url }) => new URL(url).host);
  assert.deepEqual([...new Set(hosts)], ["relay.test"]);
});

Deno.test("lesson 22: an invite never replaces the pin of another key, nor reaches anybody", async () => {
  const world = fakeWorld();
  const { posted } = serve(world);
  await run(accept, world, { url: inviteOf("ida") });
  const before = world.platform.files.texts();
  for (const handle of ["ida", "IDA"]) {
    await assert.rejects(run(accept, world, { url: inviteOf(handle, 10) }), {
      code: "conflict",
      message: /is pinned to another key/,
    });
  }
  assert.deepEqual(world.platform.files.texts(), before);
  assert.equal(posted.length, 1);
});

Deno.test("lesson 26: accepting again keeps the tokens of other ways to that peer", async () => {
  const world = fakeWorld();
  serve(world);
  await run(accept, world, { url: inviteOf("ida") });
  const local = {
    relay_url: "http://127.0.0.1:8771",
    slot_id: "s",
    slot_token: "t",
    scope: "local",
  };
  const stale = { ...local, relay_url: RELAY, scope: "federation" };
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { ida: { ...state.peers["ida"], endpoints: [stale, local], later: 1 } },
  }));
  await run(accept, world, { url: inviteOf("ida") });
  const flat = { relay_url: RELAY, slot_id: THEIRS.slotId, slot_token: THEIRS.slotToken };
  const text = await world.platform.files.readText(world.home.file.relayState) ?? "";
  assert.deepEqual(JSON.parse(text).peers.ida, {
    ...flat,
    endpoints: [{ ...flat, scope: "federation" }, local],
    later: 1,
  });
});

Deno.test("one's own invite is refused, and so is one under one's own name", async () => {
  const world = await livingWorld("ida");
  const { keys, did, card } = await world.home.readIdentity();
  const relayUrl = parseRelayUrl(RELAY);
  const { slotId, slotToken, nonce } = THEIRS;
  assert.ok(relayUrl && isSlotId(slotId) && isSlotToken(slotToken) && isInviteNonce(nonce));
  const input = { did, card, keys, relayUrl, slotId, slotToken, nonce, exp: 4_102_444_800 };
  await assert.rejects(run(accept, world, { url: mintInvite(input) }), {
    message: "refusing to accept own invite (issuer DID matches self)",
  });
  await assert.rejects(run(accept, world, { url: inviteOf("ida") }), {
    code: "conflict",
    message: /that is our own name/,
  });
  assert.equal(world.platform.net.requests.length, 0);
});

Deno.test("what is no good invite changes nothing and asks nobody", async () => {
  const world = fakeWorld();
  const wrong = [
    ["mailto:x@y", /must start with wire:\/\/pair\?/],
    ["wire://pair?v=1", /missing `inv=`/],
    [inviteOf("ida", 9, { exp: 1_000 }), /^invite expired \(exp=1000, now=\d+\)$/],
    [inviteOf("ida").slice(0, -6) + "AAAAAA", /^invite (URL signature did not verify|sig b64)/],
  ] as const;
  for (const [url, message] of wrong) {
    await assert.rejects(run(accept, world, { url }), { code: "bad_input", message });
  }
  assert.deepEqual(world.platform.files.texts(), {});
  assert.equal(world.platform.net.requests.length, 0);
});

Deno.test("P1: killed at any step, accepting again ends as if nothing had happened", async () => {
  const undisturbed = fakeWorld();
  serve(undisturbed);
  const counting = new FaultFiles(undisturbed.platform.files);
  await acceptOn(undisturbed, counting);
  assert.ok(counting.steps.length >= 5, "keys, trust, card, mailbox, route, pin");
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      const world = fakeWorld();
      const { posted } = serve(world);
      const dying = new FaultFiles(world.platform.files).crashAt(index, moment);
      await assert.rejects(acceptOn(world, dying), { name: "Crash" }, `${moment} ${point}`);
      assert.equal(posted.length, 0, "nothing is told before it is on the disk");
      await acceptOn(world, world.platform.files);
      assert.equal(posted.length, 1);
      assert.equal(posted[0] && member(posted[0], "from"), (await world.home.readIdentity()).did);
      const agents = [...(await world.home.readTrust()).agents.values()];
      assert.deepEqual(
        agents.map(({ handle, tier }) => [handle, tier]).sort(),
        [["ida", "VERIFIED"], ["test-host", "ATTESTED"]],
        `${moment} ${point}`,
      );
      const { passages } = await lastPassages(world.home, 10);
      assert.ok(passages.length > 0, `P4: ${moment} ${point}`);
      for (const { op, face, proof } of passages) {
        assert.deepEqual([op, face, proof], ["accept_invite", "cli", "unproved"]);
      }
      const { self, peers } = await world.home.readRelayState();
      assert.deepEqual([self?.slot_id, Object.keys(peers)], [OURS.slot_id, ["ida"]]);
    }
  }
});

async function acceptOn({ platform }: World, files: Files): Promise<void> {
  const context = createContext({ ...platform, files }, { warn: () => {} });
  await accept.run(context, { url: inviteOf("ida") });
}
