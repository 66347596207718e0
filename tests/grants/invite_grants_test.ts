/** Invites between homes of ours on a relay with grants, from minting to the last revocation. */
import assert from "node:assert/strict";
import { accept } from "../../client/operations/accept.ts";
import { block } from "../../client/operations/block.ts";
import { forgetPeer } from "../../client/operations/forget_peer.ts";
import { invite } from "../../client/operations/invite.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { send } from "../../client/operations/send.ts";
import { status } from "../../client/operations/status.ts";
import { revokeFor } from "../../client/grants/hand_out.ts";
import { RELAY, run } from "../../client/fake/world.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { parseInvite } from "../../protocol/invite/invite_url.ts";
import { removeAgent } from "../../protocol/trust/trust.ts";
import { inviteHolder, inviteOf } from "../../store/home/grants.ts";
import { Puller } from "../../client/sync/puller.ts";
import { hashed, RelayWorld } from "../relay/relay_world.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  isMint,
  live,
  processOf,
  recorded,
  skip,
} from "./granting_world.ts";

const DAY_MS = 86_400_000;

interface Two extends AsyncDisposable {
  readonly ida: GrantingWorld;
  readonly bob: GrantingWorld;
  readonly relay: RelayWorld;
  /** Time goes by for everybody. */
  pass(ms: number): Promise<void>;
}

async function two(): Promise<Two> {
  const relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  return {
    ida,
    bob,
    relay,
    async pass(ms) {
      skip(relay, ms);
      for (const { clock } of [ida.platform, bob.platform]) await clock.advance(ms);
    },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

function read(world: GrantingWorld, url: string) {
  const reading = parseInvite(url, Math.floor(world.platform.clock.now() / 1000));
  assert.ok(reading.ok);
  return reading;
}

/** One round each of what a daemon does. */
async function exchange({ ida, bob }: Two): Promise<void> {
  for (const world of [ida, bob, ida, bob]) {
    await run(pull, world, {});
    await run(push, world, {});
  }
}

const routeTo = async ({ home }: GrantingWorld, peer: string) =>
  (await home.readRelayState()).peers[peer]?.slot_token;

const holders = async (world: GrantingWorld) =>
  (await recorded(world)).map((entry) => inviteOf(entry) === undefined ? entry.holder : "invite");

Deno.test("P5: an invite holds a grant of its own: small, and it ends a day after the invite", async () => {
  await using world = await grantingWorld("ida");
  const { invite_url } = await run(invite, world, { uses: 3, ttl: 3600 });
  const { slotToken, exp } = read(world, invite_url);
  assert.notEqual(slotToken, world.mailbox.slotToken);
  assert.deepEqual(world.warnings, [], "whoever reads it cannot read our mail");
  const [row, ...more] = await world.rows();
  assert.deepEqual(more, []);
  assert.deepEqual(row?.["limits"], {
    expires_at: new Date((exp + 86_400) * 1000).toISOString().replace(".000Z", "Z"),
    max_bytes: 1024 * 1024,
    max_event_bytes: 64 * 1024,
    max_events_per_hour: 60,
  });
  await run(invite, world, {});
  assert.equal((await world.rows()).length, 2, "another invite, another grant");
});

Deno.test("P5: an invite is not shown while the relay makes no grant", async () => {
  await using world = await grantingWorld("ida");
  disturb(world, isMint, () => new Response("", { status: 503 }));
  await assert.rejects(run(invite, world, {}), { code: "relay_status" });
});

Deno.test("P5, P10: invite and accept end with a grant each, and the invite's is taken back", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, {});
  await run(accept, bob, { url: invite_url });
  assert.equal(await routeTo(bob, "ida"), read(ida, invite_url).slotToken);
  await exchange(both);
  const [own] = (await recorded(ida)).filter(({ holder }) => holder === bob.self.did);
  assert.equal(await routeTo(bob, "ida"), own?.token, "the ack replaced the invite's token");
  assert.deepEqual((await holders(ida)).sort(), [bob.self.did, "invite"]);
  await run(send, bob, { peer: "ida", kind: "claim", body: "hello" });
  await run(send, ida, { peer: "bob", kind: "claim", body: "hello" });
  await both.pass(61_000);
  await exchange(both);
  assert.deepEqual(await holders(ida), [bob.self.did], "bob used its own");
  assert.equal(live(await ida.rows()).length, 1);
  for (const world of [ida, bob]) {
    const peer = world === ida ? "bob" : "ida";
    const { files } = world.platform;
    const inbox = await files.readText(`/${world.self.handle}/state/wire/inbox/${peer}.jsonl`);
    assert.match(inbox ?? "", /"hello"/);
  }
});

Deno.test("P5, lesson 19: nothing that is sent to anybody has an owner's token in it", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, { share: true });
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  await run(send, bob, { peer: "ida", kind: "claim", body: "x" });
  await exchange(both);
  let posts = 0;
  for (const world of [ida, bob]) {
    for (const request of world.platform.net.requests) {
      const { url, method } = request;
      if (method !== "POST") continue;
      posts++;
      const text = await request.text();
      for (const { mailbox } of [ida, bob]) {
        assert.ok(!text.includes(mailbox.slotToken), `${method} ${url}`);
        assert.ok(!url.includes(mailbox.slotToken));
      }
      if (!url.startsWith(`${RELAY}/v1/events/`)) continue;
      const bearer = request.headers.get("authorization") ?? "";
      for (const { mailbox } of [ida, bob]) assert.ok(!bearer.includes(mailbox.slotToken));
    }
    for (const [path, text] of Object.entries(world.platform.files.texts())) {
      const other = world === ida ? bob : ida;
      assert.ok(!text.includes(other.mailbox.slotToken), path);
    }
  }
  assert.ok(posts > 8);
});

Deno.test("an acceptor that never uses its own grant keeps the invite's for seven days", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, { ttl: 30 * 86_400 });
  await run(accept, bob, { url: invite_url });
  await run(pull, ida, {});
  await both.pass(7 * DAY_MS - 1_000);
  await run(pull, ida, {});
  assert.ok((await holders(ida)).includes("invite"));
  await both.pass(2_000);
  await run(pull, ida, {});
  assert.deepEqual(await holders(ida), [bob.self.did]);
});

Deno.test("an invite with uses left keeps its grant, and one that ended unused loses it", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, { uses: 2 });
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  await run(send, bob, { peer: "ida", kind: "claim", body: "x" });
  await exchange(both);
  await both.pass(61_000);
  await run(pull, ida, {});
  assert.ok((await holders(ida)).includes("invite"));
  await both.pass(DAY_MS);
  await run(pull, ida, {});
  assert.deepEqual(await holders(ida), [bob.self.did]);
});

Deno.test("lesson 26: accepting once more ends with a grant that works, never with a dead token", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, {});
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  const own = await routeTo(bob, "ida");
  await both.pass(1_000);
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  assert.equal(await routeTo(bob, "ida"), own);
  await run(send, bob, { peer: "ida", kind: "claim", body: "x" });
  await exchange(both);
  await both.pass(61_000);
  await run(pull, ida, {});
  assert.deepEqual(await holders(ida), [bob.self.did]);
  await assert.rejects(run(accept, bob, { url: invite_url }), /token revoked/);
  assert.equal(await routeTo(bob, "ida"), own);
});

Deno.test("lesson 26: a paired peer that accepts an invite which others used up keeps a grant of its own", async () => {
  await using both = await two();
  const { ida, bob, relay } = both;
  const cat = await grantingWorld("cat", relay);
  const first = await run(invite, ida, {});
  await run(accept, bob, { url: first.invite_url });
  await exchange(both);
  const own = await routeTo(bob, "ida");
  const usedUp = await run(invite, ida, {});
  await run(accept, cat, { url: usedUp.invite_url });
  await run(pull, ida, {});
  await both.pass(1_000);
  await run(accept, bob, { url: usedUp.invite_url });
  assert.notEqual(await routeTo(bob, "ida"), own, "the invite's, for the moment");
  await exchange(both);
  assert.equal(await routeTo(bob, "ida"), own, "ida has told it again");
});

Deno.test("who forgot the issuer and accepts again is written to with the new token", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, { uses: 2 });
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  const before = await routeTo(ida, "bob");
  await revokeFor(bob.context, ida.self.did);
  await both.pass(1_000);
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  const after = await routeTo(ida, "bob");
  assert.notEqual(after, before);
  const posted = await bob.post(after ?? "", hashed(`"n":1`).text);
  assert.equal(posted.status, 201);
});

Deno.test("a forgotten acceptor is told nothing, and does not keep the invite's grant alive", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { invite_url } = await run(invite, ida, {});
  await run(accept, bob, { url: invite_url });
  disturb(ida, isMint, () => new Response("", { status: 503 }));
  await run(pull, ida, {});
  await ida.home.updateTrust("test", (store) => removeAgent(store, "bob"));
  await revokeFor(ida.context, bob.self.did);
  await both.pass(61_000);
  await run(pull, ida, {});
  assert.deepEqual(await recorded(ida), []);
  assert.equal(live(await ida.rows()).length, 0);
});

for (const act of ["forget", "block"] as const) {
  Deno.test(`P5: an acceptor that we ${act} can post nothing, its invite is over, and who used it, too, goes on`, async () => {
    await using both = await two();
    const { ida, bob, relay } = both;
    const carol = await grantingWorld("carol", relay);
    const late = await grantingWorld("late", relay);
    const { invite_url } = await run(invite, ida, { uses: 4 });
    const { slotToken } = read(ida, invite_url);
    await run(accept, bob, { url: invite_url });
    await exchange(both);
    disturb(ida, isMint, () => new Response("", { status: 503 }));
    await run(accept, carol, { url: invite_url });
    await run(pull, ida, {}); // carol is pinned, and cannot be told yet
    await run(accept, late, { url: invite_url }); // in our mailbox, and not read
    if (act === "forget") await run(forgetPeer, ida, { handle: "bob" });
    else await run(block, ida, { peer: "bob" });
    assert.match(ida.warnings.join("\n"), /1 invite\(s\) that did:wire:bob-\S+ used are over/);
    assert.equal((await ida.post(slotToken, hashed(`"n":1`).text)).status, 403);
    assert.equal(
      (await ida.post(await routeTo(bob, "ida") ?? "", hashed(`"n":2`).text)).status,
      403,
    );
    connect(ida, relay);
    await both.pass(61_000);
    for (const world of [ida, carol, late]) {
      await run(pull, world, {});
      await run(push, world, {});
    }
    for (const world of [carol, late]) {
      await run(pull, world, {});
      await run(send, world, { peer: "ida", body: "still here" });
      await run(push, world, {});
    }
    await run(pull, ida, {});
    for (const { self: { did, handle } } of [carol, late]) {
      assert.ok((await holders(ida)).includes(did), handle);
      const inbox = ida.platform.files.texts()[`${ida.home.file.inbox}/${handle}.jsonl`] ?? "";
      assert.ok(inbox.includes("still here"), handle);
    }
    assert.ok(!(await holders(ida)).some((it) => it === bob.self.did || it === "invite"));
  });
}

Deno.test("P1: the issuer dies at any step of taking an acceptor, and it gets one grant of its own", async () => {
  const prepared = async () => {
    const both = await two();
    const { invite_url } = await run(invite, both.ida, {});
    await run(accept, both.bob, { url: invite_url });
    return both;
  };
  const round = ({ ida }: Two, files: FaultFiles) => {
    const context = processOf(ida, files);
    const { signal } = new AbortController();
    return new Puller(context, ida.self).round({ signal });
  };
  const calm = await prepared();
  const counting = new FaultFiles(calm.ida.platform.files);
  await round(calm, counting);
  const points = counting.steps.map(({ point }) => point);
  assert.ok(points.includes("home.grants") && points.includes("outbox.enqueue"), points.join());
  await calm[Symbol.asyncDispose]();
  for (const { index } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      await using both = await prepared();
      const dying = new FaultFiles(both.ida.platform.files).crashAt(index, moment);
      await round(both, dying).catch(() => undefined);
      assert.ok(dying.crashed, `${moment} ${points[index]}`);
      await exchange(both);
      const own = (await recorded(both.ida)).filter(({ holder }) => holder === both.bob.self.did);
      assert.equal(own.length, 1, `${moment} ${points[index]}`);
      assert.equal(await routeTo(both.bob, "ida"), own[0]?.token);
      assert.equal(live(await both.ida.rows()).length, 2);
    }
  }
});

Deno.test("an invite of a shared mailbox has the mailbox's token, and no ack follows, as with 0.5.19", async () => {
  await using both = await two();
  const { ida, bob } = both;
  const { id, token } = await both.relay.slot();
  await ida.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY, slot_id: id, slot_token: token },
  }));
  const { invite_url } = await run(invite, ida, {});
  assert.equal(read(ida, invite_url).slotToken, token);
  await run(accept, bob, { url: invite_url });
  await exchange(both);
  assert.equal(await routeTo(bob, "ida"), token);
  const seen = await run(status, ida, {});
  const cost = "every peer that holds its token can read this mailbox";
  const next = "wire rotate-slot --grants";
  assert.deepEqual("mailboxes" in seen ? seen.mailboxes : undefined, [
    { relay_url: RELAY, slot_id: id, class: "shared", token_holders: ["bob"], cost, next },
  ]);
  assert.deepEqual(await recorded(ida), []);
  assert.ok(!(await holders(ida)).includes(inviteHolder(read(ida, invite_url).nonce)));
});
