/** Names, requests to pair and their answers between ours and 0.5.19, over both kinds of relay. */
import assert from "node:assert/strict";
import { at, isList, text } from "./reference/json.ts";
import { pull } from "./reference/mail.ts";
import { acceptInbound, add, inbound } from "./reference/strangers.ts";
import { checkToken, claim, talk, tiers, two } from "./two.ts";
import { RELAYS } from "./world.ts";

const RE_CLAIMED = "re-claimed";

for (const kind of RELAYS) {
  Deno.test(`interop: on ${kind}, ours adds 0.5.19, which accepts`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { world, ours, theirs } = pair;
    await ours.ok(["add", "bob@relay.example", "--relay", world.url]);
    assert.deepEqual(await tiers(ours), { bob: "PENDING_ACK" });
    assert.ok((await pull(theirs)).isBlocked, "as 0.5.19 does until it is answered");
    const { did } = await ours.record(["whoami"]);
    assert.equal(text(await inbound(theirs, "alice"), "peer_did"), did);
    await acceptInbound(theirs, "alice");
    await ours.ok(["pull"]);
    assert.deepEqual(await tiers(ours), { bob: "VERIFIED" });
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, 0.5.19 adds ours, which accepts; its ack has our endpoints`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { world, ours, theirs } = pair;
    await add(theirs, world.url, "alice");
    const { cursor_blocked } = await ours.record(["pull"]);
    assert.ok(cursor_blocked === false);
    const [request] = await ours.list(["pair-list-inbound"]);
    assert.equal(request?.["peer_did"], await theirs.did());
    await ours.ok(["pair-accept", "bob"]);
    await ours.ok(["push"]);
    await pull(theirs);
    const endpoints = at(await theirs.relayState(), "peers", "alice", "endpoints");
    assert.ok(isList(endpoints) && endpoints.length === 1);
    assert.equal(text(endpoints[0], "relay_url"), world.url);
    assert.deepEqual(await ours.list(["pair-list-inbound"]), []);
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, both add each other, and either has the other at the end`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { world, ours, theirs } = pair;
    await add(theirs, world.url, "alice");
    await ours.ok(["add", "bob@relay.example", "--relay", world.url]);
    await ours.ok(["pull"]);
    assert.deepEqual(await tiers(ours), { bob: "VERIFIED" });
    await pull(theirs);
    const answered = at(await theirs.relayState(), "peers", "alice");
    assert.notEqual(text(answered, "slot_token"), "", "the answer came with our pull");
    await acceptInbound(theirs, "alice");
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, names are claimed again by their key, and by no other`, async () => {
    const { world, ours, theirs } = await two(kind);
    await using _ = world;
    const again = await ours.record(["claim", "alice", "--relay", world.url]);
    assert.equal(Object(again["response"]).status, RE_CLAIMED);
    assert.equal(await claim(theirs), RE_CLAIMED);
    const thief = await world.world.agent("carol", world.url);
    const { code, stderr } = await thief.run(["claim", "bob", "--relay", world.url]);
    assert.equal(code, 1);
    assert.match(stderr, /409/);
    const { paired_with } = await ours.record(["add", "bob@relay.example", "--relay", world.url]);
    assert.equal(paired_with, await theirs.did());
  });
}
