/** Pairings that agents' tools drive, of both forms, over a relay of ours. */
import assert from "node:assert/strict";
import { lastPassages } from "../../store/home/passages.ts";
import type { Consent } from "../../client/consent_port.ts";
import type { FakeClock } from "../../platform/fake/clock.ts";
import { type Agent, Pair2World, RELAY } from "../pair2/pair2_world.ts";
import { type Served, served, type ServeOptions } from "./mcp_world.ts";
import type { RawClient } from "./raw_client.ts";

interface Two extends AsyncDisposable {
  readonly world: Pair2World;
  readonly clock: FakeClock;
  readonly alice: Side;
  readonly bob: Side;
}

interface Side {
  readonly agent: Agent;
  readonly served: Served;
  readonly client: RawClient;
}

async function side(world: Pair2World, name: string, options: ServeOptions = {}): Promise<Side> {
  const agent = await world.agent(name);
  const process = await served({ platform: agent.platform, handle: name }, options);
  return { agent, served: process, client: process.client };
}

async function two(
  options: ServeOptions = {},
  capabilities: Record<string, unknown> = {},
): Promise<Two> {
  const world = new Pair2World();
  const { clock } = world;
  const [alice, bob] = [await side(world, "alice", options), await side(world, "bob")];
  await alice.client.open("2025-06-18", capabilities);
  await bob.client.open();
  return {
    world,
    clock,
    alice,
    bob,
    async [Symbol.asyncDispose]() {
      const ended = Promise.all([alice.served.end(), bob.served.end()]);
      await inTime(clock, ended);
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Time passes until it is done. */
async function inTime<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => void (isDone = true);
  work.then(done, done);
  while (!isDone) await clock.advance(250);
  return await work;
}

type Row = Record<string, unknown>;
const row = (value: unknown): Row => {
  assert.ok(typeof value === "object" && value !== null);
  return { ...value };
};

/** Both have digits, and nobody has typed any. */
async function compared({ clock, alice, bob }: Two, compat = false): Promise<[Row, Row]> {
  const opened = row(
    await inTime(clock, alice.client.value("wire_pair_initiate", { relay_url: RELAY, compat })),
  );
  assert.equal(opened["state"], "waiting");
  assert.equal(opened["form"], compat ? "0.5.19" : "pair/2");
  assert.match(String(opened["expires_at"]), /^2026-/);
  const code_phrase = opened["code_phrase"];
  const joined = row(
    await inTime(clock, bob.client.value("wire_pair_join", { code_phrase, relay_url: RELAY })),
  );
  const { session_id } = opened;
  const checked = row(
    await inTime(clock, alice.client.value("wire_pair_check", { session_id, max_wait_secs: 60 })),
  );
  for (const seen of [joined, checked]) assert.equal(seen["state"], "sas_ready");
  assert.match(String(joined["sas"]), /^\d{3}-\d{3}$/);
  assert.equal(checked["sas"], joined["sas"]);
  return [checked, joined];
}

const confirm = (session: Row, digits: unknown) => ({
  session_id: session["session_id"],
  user_typed_digits: digits,
});

for (const compat of [false, true]) {
  const form = compat ? "a code of 0.5.19" : "pair/2";
  Deno.test(`M4 M5 M8 ruling 10: two agents pair with ${form}, the code comes at once, and each is told`, async () => {
    await using pair = await two();
    const { clock, alice, bob } = pair;
    const [ours, theirs] = await compared(pair, compat);
    const sas = String(ours["sas"]);
    const both = Promise.all([
      alice.client.value("wire_pair_confirm", confirm(ours, sas)),
      bob.client.value("wire_pair_confirm", confirm(theirs, sas.replace("-", " "))),
    ]);
    const [first, second] = (await inTime(clock, both)).map(row);
    assert.deepEqual(
      [first?.["paired_with"], second?.["paired_with"]],
      [bob.agent.did, alice.agent.did],
    );
    assert.match(String(first?.["warning"]), /unproved/);
    for (const { agent } of [alice, bob]) {
      const { passages } = await lastPassages(agent.context().home, 5);
      assert.deepEqual(
        passages.map(({ op, face, proof }) => [op, face, proof]),
        [["sas_confirm", "mcp", "unproved"]],
        "P4",
      );
    }
    assert.deepEqual(row(first?.["auto"]), {
      daemon: "already_running",
      notify: "already_running",
      resources_list_changed_emitted: true,
      subscribed: true,
    });
    assert.equal(await alice.agent.tierOf("bob"), "VERIFIED");
    assert.equal(await bob.agent.tierOf("alice"), "VERIFIED");
    const { heard } = alice.client;
    const changed = heard.findIndex(({ method }) =>
      method === "notifications/resources/list_changed"
    );
    assert.ok(changed >= 0 && changed < heard.length - 1, "told before the answer");
    const again = row(
      await alice.client.value("wire_pair_check", {
        session_id: ours["session_id"],
      }),
    );
    assert.equal(again["state"], "finalized");
  });
}

Deno.test("M7 lesson 15: other digits end the pairing on both sides for good", async () => {
  await using pair = await two();
  const { clock, alice, bob } = pair;
  const [ours, theirs] = await compared(pair);
  const wrong = String((Number(String(ours["sas"]).replace("-", "")) + 1) % 1_000_000);
  const refused = await inTime(
    clock,
    alice.client.failure("wire_pair_confirm", confirm(ours, wrong.padStart(6, "0"))),
  );
  assert.match(refused, /^wrong dial-back/);
  const gone = await alice.client.failure("wire_pair_confirm", confirm(ours, ours["sas"]));
  assert.match(gone, /^no such session_id: /);
  const told = await inTime(
    clock,
    bob.client.failure("wire_pair_confirm", confirm(theirs, theirs["sas"])),
  );
  assert.doesNotMatch(told, /internal/);
  assert.equal(await alice.agent.tierOf("bob"), undefined);
  assert.equal(await bob.agent.tierOf("alice"), undefined);
});

Deno.test("M7: a wrong count of digits ends it, too", async () => {
  await using pair = await two();
  const [ours] = await compared(pair);
  const text = await inTime(
    pair.clock,
    pair.alice.client.failure("wire_pair_confirm", confirm(ours, "12345")),
  );
  assert.match(text, /^expected 6 digits \(got 5\)/);
  assert.match(
    await pair.alice.client.failure("wire_pair_check", { session_id: ours["session_id"] }),
    /^no such session_id/,
  );
});

/** Answers the first question of the server. */
async function operator(
  client: RawClient,
  answer: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const asked = await client.until(({ method }) => method === "elicitation/create");
  await client.say(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: answer }));
  return asked.params ?? {};
}

Deno.test("P4: where the host can ask, the operator's own digits count and the agent's do not", async () => {
  await using pair = await two({}, { elicitation: {} });
  const { clock, alice, bob } = pair;
  const [ours, theirs] = await compared(pair);
  const sas = String(ours["sas"]);
  const confirming = alice.client.value("wire_pair_confirm", confirm(ours, "000000"));
  const asked = await operator(alice.client, { action: "accept", content: { digits: sas } });
  assert.match(JSON.stringify(asked), /PEER's screen/);
  assert.ok(!JSON.stringify(asked).includes(sas), "the question does not say them");
  await inTime(
    clock,
    bob.client.value("wire_pair_confirm", confirm(theirs, sas)),
  );
  const result = row(await inTime(clock, confirming));
  assert.equal(result["paired_with"], bob.agent.did);
  assert.equal(result["warning"], undefined);
});

Deno.test("P4: right digits of the agent do not help when the operator types others, or declines", async () => {
  await using pair = await two({}, { elicitation: {} });
  const { clock, alice } = pair;
  const [ours] = await compared(pair);
  const declining = alice.client.failure("wire_pair_confirm", confirm(ours, ours["sas"]));
  await operator(alice.client, { action: "decline" });
  assert.match(await inTime(clock, declining), /operator said no/);
  const seen = row(
    await alice.client.value("wire_pair_check", {
      session_id: ours["session_id"],
    }),
  );
  assert.equal(seen["state"], "sas_ready", "nothing was typed");
  alice.client.heard.length = 0;
  const refusing = alice.client.failure("wire_pair_confirm", confirm(ours, ours["sas"]));
  await operator(alice.client, { action: "accept", content: { digits: "000000" } });
  assert.match(await inTime(clock, refusing), /^wrong dial-back/);
  assert.equal(await alice.agent.tierOf("bob"), undefined);
});

const HELD = {
  status: "held",
  ask_id: "a1",
  op: "sas_confirm",
  expires_at: "2026-01-01T00:10:00Z",
  how: "wire approve a1",
} as const;

Deno.test("P4: where the guard is locked nothing that a host or an agent says confirms a pairing", async () => {
  const asks: unknown[] = [];
  const consent: Consent = {
    ask(ask) {
      asks.push(ask);
      return Promise.resolve({ tag: "held", held: HELD });
    },
  };
  await using pair = await two({ consent }, { elicitation: {} });
  const { clock, alice } = pair;
  const [ours] = await compared(pair);
  const held = await alice.client.value("wire_pair_confirm", confirm(ours, ours["sas"]));
  assert.deepEqual(held, HELD);
  assert.ok(!alice.client.heard.some(({ method }) => method === "elicitation/create"));
  assert.ok(!JSON.stringify(asks).includes(String(ours["sas"]).replace("-", "")));
  await inTime(clock, clock.sleep(5_000));
  assert.equal(await alice.agent.tierOf("bob"), undefined);
});

Deno.test("P4: digits that the operator typed for the guard count, and the agent's do not", async () => {
  let digits = "000000";
  const consent: Consent = { ask: () => Promise.resolve({ tag: "proved", digits }) };
  await using pair = await two({ consent }, { elicitation: {} });
  const { clock, alice, bob } = pair;
  const [ours, theirs] = await compared(pair);
  digits = String(ours["sas"]);
  const both = Promise.all([
    alice.client.value("wire_pair_confirm", confirm(ours, "999999")),
    bob.client.value("wire_pair_confirm", confirm(theirs, digits)),
  ]);
  const [first] = (await inTime(clock, both)).map(row);
  assert.equal(first?.["paired_with"], bob.agent.did);
  assert.equal(first?.["warning"], undefined);
  const { passages: [passage] } = await lastPassages(alice.agent.context().home, 5);
  assert.deepEqual([passage?.face, passage?.proof], ["mcp", "operator"]);
  assert.ok(!alice.client.heard.some(({ method }) => method === "elicitation/create"));
});

Deno.test("lesson 16: a session is forgotten after ten minutes, and an unknown one is said", async () => {
  await using pair = await two();
  const { clock, alice: { client, served: { host } } } = pair;
  const session = await host.pairings.open(RELAY, async function* (_, signal) {
    await clock.sleep(3_600_000, signal);
    yield* [];
  });
  const { id: session_id } = session.about;
  await clock.advance(599_000);
  const check = { session_id, max_wait_secs: 0 };
  assert.equal(row(await client.value("wire_pair_check", check))["state"], "opening");
  await clock.advance(1_000);
  assert.match(
    await client.failure("wire_pair_check", check),
    /^no such session_id \(expired or never opened\)/,
  );
  assert.equal(session.state.tag, "aborted");
});

Deno.test("mcp: a pairing without a relay or with a bad code says what is missing", async () => {
  await using pair = await two();
  const { alice: { client } } = pair;
  assert.equal(
    await client.failure("wire_pair_initiate"),
    "no relay_url provided and no relay bound",
  );
  assert.match(await client.failure("wire_pair_join", { code_phrase: "nonsense" }), /code/);
  assert.equal(
    await client.failure("wire_pair_confirm", { session_id: "x", user_typed_digits: "1" }),
    'no such session_id: "x"',
  );
  assert.equal(
    await client.failure("wire_pair_confirm", { session_id: "x" }),
    "missing 'user_typed_digits'",
  );
});

Deno.test("ruling 10: detached pairings of both forms are listed without a secret, confirmed and cancelled", async () => {
  await using pair = await two();
  const { clock, alice, bob } = pair;
  for (const compat of [false, true]) {
    const queued = row(
      await inTime(
        clock,
        alice.client.value("wire_pair_initiate_detached", { relay_url: RELAY, compat }),
      ),
    );
    const { code_phrase } = queued;
    await inTime(
      clock,
      bob.client.value("wire_pair_join_detached", { code_phrase, relay_url: RELAY }),
    );
    for (let round = 0; round < 6; round++) {
      await alice.agent.tick();
      await bob.agent.tick();
    }
    const listed = JSON.stringify(await alice.client.value("wire_pair_list_pending"));
    const [sas = ""] = listed.match(/\d{3}-\d{3}/) ?? [];
    assert.match(listed, /"status":"sas_ready"/);
    assert.doesNotMatch(listed, /seed|token|code_hash/);
    const few = { code_phrase, user_typed_digits: "1" };
    assert.match(
      await alice.client.failure("wire_pair_confirm_detached", few),
      /^expected 6 digits/,
    );
    const confirmed = row(
      await alice.client.value("wire_pair_confirm_detached", {
        code_phrase,
        user_typed_digits: sas,
      }),
    );
    const { passages: [passage] } = await lastPassages(alice.agent.context().home, 5);
    const subject = `${String(code_phrase).split("-", 1)[0]}-…`;
    assert.deepEqual([passage?.face, passage?.proof, passage?.subject], [
      "mcp",
      "unproved",
      subject,
    ], "P4");
    assert.equal(confirmed["state"], "confirmed");
    const cancelled = row(
      await inTime(clock, bob.client.value("wire_pair_cancel_pending", { code_phrase })),
    );
    assert.equal(cancelled["state"], "cancelled");
    await inTime(clock, bob.client.value("wire_pair_cancel_pending", { code_phrase }));
  }
});
