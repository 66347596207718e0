/** The end of a mailbox that its owner moved out of, on a relay with grants. */
import assert from "node:assert/strict";
import { add } from "../../client/operations/add.ts";
import { claim } from "../../client/operations/claim.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { send } from "../../client/operations/send.ts";
import { json, livingWorld, RELAY, run, serveRelay } from "../../client/fake/world.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  mailboxOf,
  recorded,
  skip,
} from "./granting_world.ts";

const DAY_MS = 86_400_000;

interface Moved extends AsyncDisposable {
  readonly ida: GrantingWorld;
  readonly bob: GrantingWorld;
  /** Bob writes to whatever mailbox of ida he knows. */
  say(body: string): Promise<void>;
  later(ms: number): Promise<void>;
}

/**
 * Ida and bob are paired, and ida has just moved.
 * @param from whether others hold the token of the mailbox that she moved out of
 */
async function moved(from: "owner" | "shared" = "owner"): Promise<Moved> {
  const relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  const later = async (ms: number) => {
    skip(relay, ms);
    for (const { clock } of [ida.platform, bob.platform]) await clock.advance(ms);
  };
  const shared = mailboxOf(await relay.slot());
  if (from === "shared") {
    const [slot_id, slot_token] = [shared.slotId, shared.slotToken];
    const self = { relay_url: RELAY, slot_id, slot_token };
    await ida.home.updateRelayState("test", (state) => ({ ...state, self }));
  }
  for (const world of [ida, bob]) await run(claim, world, { nick: world.self.handle });
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  await run(pairAccept, ida, { peer: "bob" });
  for (const world of [ida, bob, ida, bob]) {
    await run(pull, world, {});
    await run(push, world, {});
  }
  await later(1_000);
  await run(rotateSlot, ida, { grants: true });
  return {
    ida,
    bob,
    later,
    async say(body) {
      await run(send, bob, { peer: "ida", body });
      await run(push, bob, {});
    },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

const oldOnes = async ({ home }: GrantingWorld) => previousMailboxes(await home.readRelayState());

const heard = (world: GrantingWorld, body: string): boolean =>
  (world.platform.files.texts()[`${world.home.file.inbox}/bob.jsonl`] ?? "").includes(body);

async function stateOfOld({ relay, mailbox: { slotId, slotToken } }: GrantingWorld) {
  return (await relay.call(`/v1/slot/${slotId}/state`, { token: slotToken })).status;
}

Deno.test("lesson 6, lesson 26: the old mailbox is closed once the peer posts to the new one, and no sooner than after 30 days", async () => {
  await using world = await moved();
  const { ida, bob, say, later } = world;
  await say("before the news");
  await later(31 * DAY_MS);
  await run(pull, ida, {});
  assert.ok(heard(ida, "before the news"));
  assert.equal((await oldOnes(ida)).length, 1, "bob has not used his grant");
  await run(pull, bob, {});
  await say("after the news");
  await run(pull, ida, {});
  assert.ok(heard(ida, "after the news"));
  assert.deepEqual(await oldOnes(ida), []);
  assert.equal(await stateOfOld(ida), 410);
  assert.match(ida.warnings.join("\n"), /the old mailbox \S+ on \S+ is read no more/);
});

Deno.test("P5, lesson 6: out of a mailbox whose token peers hold, each goes to a grant of its own, and mail to the old one arrives", async () => {
  await using world = await moved("shared");
  const { ida, bob, say, later } = world;
  const given = (await recorded(ida)).map(({ holder }) => holder);
  assert.deepEqual(given, [bob.self.did]);
  await later(31 * DAY_MS);
  await say("to the shared one");
  await run(pull, ida, {});
  assert.ok(heard(ida, "to the shared one"));
  assert.equal((await oldOnes(ida)).length, 1, "bob has not used his grant");
  await run(pull, bob, {});
  const [grant] = await recorded(ida);
  assert.equal((await bob.home.readRelayState()).peers["ida"]?.slot_token, grant?.token);
  await say("with a grant");
  await run(pull, ida, {});
  assert.ok(heard(ida, "with a grant"));
  assert.deepEqual(await oldOnes(ida), []);
});

Deno.test("P2: a relay that does not confirm that the old mailbox is closed is asked again", async () => {
  await using world = await moved();
  const { ida, bob, say, later } = world;
  await run(pull, bob, {});
  await say("hello");
  await later(30 * DAY_MS);
  const isRetiring = ({ method, url }: Request) =>
    method === "DELETE" && url.endsWith(ida.mailbox.slotId);
  disturb(ida, isRetiring, () => json({ error: "commit failed" }, 500));
  await run(pull, ida, {});
  assert.equal((await oldOnes(ida)).length, 1);
  assert.equal(ida.warnings.filter((line) => /read no more/.test(line)).length, 0);
  disturb(ida, isRetiring, async (request) => {
    await ida.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
    return json({ error: "gateway" }, 502);
  });
  await run(pull, ida, {});
  assert.equal((await oldOnes(ida)).length, 1, "its answer was lost");
  connect(ida, ida.relay);
  await run(pull, ida, {});
  assert.deepEqual(await oldOnes(ida), []);
  assert.equal(await stateOfOld(ida), 410);
});

Deno.test("lesson 6: mail to a mailbox that is closed waits until its owner's news has come", async () => {
  await using world = await moved();
  const { ida, bob, say } = world;
  await ida.context.relay(ida.mailbox.relayUrl).grants.retire(ida.mailbox);
  await say("to a closed mailbox");
  await run(pull, ida, {});
  assert.ok(!heard(ida, "to a closed mailbox"));
  await run(pull, bob, {});
  await run(push, bob, {});
  await run(pull, ida, {});
  assert.ok(heard(ida, "to a closed mailbox"));
});

Deno.test("rotate-slot --grants on a plain relay is refused, and nothing is moved", async () => {
  const world = await livingWorld();
  serveRelay(world, { "GET /healthz": new Response("ok\n") });
  const mailbox = { relay_url: RELAY, slot_id: "5".repeat(32), slot_token: "f".repeat(64) };
  await world.home.updateRelayState("test", (state) => ({ ...state, self: mailbox }));
  await assert.rejects(run(rotateSlot, world, { grants: true }), {
    code: "refused",
    message: /every peer can read this mailbox/,
  });
  assert.equal((await world.home.readRelayState()).self?.slot_id, mailbox.slot_id);
});
