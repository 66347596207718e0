/** What an agent that adds somebody is let through, and what only its operator is. */
import assert from "node:assert/strict";
import { pull } from "../../client/operations/pull.ts";
import type { ConsentAsk } from "../../client/consent_port.ts";
import { RELAY, run } from "../../client/fake/world.ts";
import { lastPassages } from "../../store/home/passages.ts";
import { PendingInbound } from "../../store/home/pending_inbound.ts";
import { type GrantingWorld, grantingWorld } from "../grants/granting_world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { served } from "./mcp_world.ts";
import type { RawClient } from "./raw_client.ts";

const ADD_IDA = { handle: "ida@r.example", relay_url: RELAY };
const ELICITS = { elicitation: { form: {} } };

interface Two extends AsyncDisposable {
  readonly ida: GrantingWorld;
  readonly bob: GrantingWorld;
}

/** Both can be found by their nick. */
async function two(): Promise<Two> {
  const relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  for (const [world, nick] of [[ida, "ida"], [bob, "bob"]] as const) {
    await using process = await served({ platform: world.platform, handle: nick });
    await process.client.open();
    await process.client.value("wire_claim", { nick, relay_url: RELAY });
  }
  return { ida, bob, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

/** Ida's request waits with bob. */
async function asked(): Promise<Two> {
  const both = await two();
  await using process = await served({ platform: both.ida.platform, handle: "ida" });
  await process.client.open();
  await process.client.value("wire_add", { handle: "bob@r.example", relay_url: RELAY });
  await run(pull, both.bob, {});
  assert.equal((await waiting(both)).length, 1);
  return both;
}

const waiting = ({ bob }: Two) => new PendingInbound(bob.home).list();

const isTrusted = async ({ ida, bob }: Two): Promise<boolean> =>
  (await bob.home.readTrust()).agents.get("ida")?.did === ida.self.did;

/** Answers what the operator is asked next. @returns what it was asked */
async function operator(client: RawClient, result: Record<string, unknown>): Promise<string> {
  const question = await client.until(({ method }) => method === "elicitation/create");
  client.heard.splice(client.heard.indexOf(question), 1);
  await client.say(JSON.stringify({ jsonrpc: "2.0", id: question.id, result }));
  return JSON.stringify(question.params);
}

const YES = { action: "accept", content: { yes: true } };
const NO = { action: "accept", content: { yes: false } };

Deno.test("P4 lesson 19: a request that waits is accepted by wire_add with no less than by wire_pair_accept", async () => {
  await using both = await asked();
  const { ida, bob } = both;
  await using process = await served({ platform: bob.platform, handle: "bob" });
  const { client } = process;
  await client.open("2025-06-18", ELICITS);
  const refused = client.failure("wire_add", ADD_IDA);
  assert.match(await operator(client, NO), new RegExp(ida.self.did));
  assert.match(await refused, /operator said no/);
  assert.ok(!await isTrusted(both));
  assert.deepEqual((await lastPassages(bob.home, 5)).passages, []);
  const accepted = client.value("wire_add", ADD_IDA);
  await operator(client, YES);
  assert.equal(Object(await accepted).status, "bilateral_accepted");
  assert.ok(await isTrusted(both));
  const { passages: [passage] } = await lastPassages(bob.home, 5);
  assert.deepEqual([passage?.op, passage?.face, passage?.proof], [
    "pair_accept",
    "mcp",
    "unproved",
  ]);
});

Deno.test("P4: a host that cannot ask gets the request accepted, marked as unproved", async () => {
  await using both = await asked();
  await using process = await served({ platform: both.bob.platform, handle: "bob" });
  await process.client.open();
  const accepted = Object(await process.client.value("wire_add", ADD_IDA));
  assert.equal(accepted.status, "bilateral_accepted");
  assert.match(accepted.warning, /^unproved/m);
});

for (
  const [what, world, op] of [
    ["a stranger", two, "trust_change"],
    ["somebody whose request waits", asked, "pair_accept"],
  ] as const
) {
  Deno.test(`P4: where the guard is locked wire_add of ${what} is held, whatever the host answers`, async () => {
    await using both = await world();
    const asks: ConsentAsk[] = [];
    const held = {
      status: "held",
      ask_id: "a",
      op,
      expires_at: "",
      how: "wire approve a",
    } as const;
    await using process = await served({ platform: both.bob.platform, handle: "bob" }, {
      consent: {
        ask(ask) {
          asks.push(ask);
          return Promise.resolve({ tag: "held", held });
        },
      },
    });
    await process.client.open("2025-06-18", ELICITS);
    const before = (await waiting(both)).length;
    assert.deepEqual(await process.client.value("wire_add", ADD_IDA), held);
    assert.deepEqual(asks.map(({ op }) => op), [op]);
    assert.ok(!await isTrusted(both));
    assert.equal((await waiting(both)).length, before);
    assert.deepEqual((await lastPassages(both.bob.home, 5)).passages, []);
  });
}

Deno.test("P4: with the operator's proof wire_add goes on and is recorded as the operator's", async () => {
  await using both = await two();
  await using process = await served({ platform: both.bob.platform, handle: "bob" }, {
    consent: { ask: () => Promise.resolve({ tag: "proved" }) },
  });
  await process.client.open();
  await process.client.value("wire_add", ADD_IDA);
  const { passages: [passage] } = await lastPassages(both.bob.home, 5);
  assert.deepEqual([passage?.op, passage?.proof], ["add", "operator"]);
});

Deno.test("P6: a yes is to the DID that was shown: who takes its name meanwhile is asked about anew", async () => {
  await using both = await asked();
  const { bob } = both;
  await using process = await served({ platform: bob.platform, handle: "bob" });
  const { client } = process;
  await client.open("2025-06-18", ELICITS);
  const accepting = client.failure("wire_pair_accept", { peer: "ida" });
  const question = await client.until(({ method }) => method === "elicitation/create");
  client.heard.splice(client.heard.indexOf(question), 1);
  const inbound = new PendingInbound(bob.home);
  const [request] = await inbound.list();
  assert.ok(request !== undefined);
  await inbound.finish(request);
  const other = { ...request, peer_did: "did:wire:ida-00000000", event_id: "e".repeat(64) };
  assert.equal(await inbound.offer(other), "new");
  await client.say(JSON.stringify({ jsonrpc: "2.0", id: question.id, result: YES }));
  assert.match(await operator(client, NO), /did:wire:ida-00000000/);
  assert.match(await accepting, /operator said no/);
  assert.ok(!await isTrusted(both));
});
