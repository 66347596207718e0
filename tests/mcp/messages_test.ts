/** Messages through tools and resources. */
import assert from "node:assert/strict";
import type { Json } from "../../protocol/json/value.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { CATALOGUE } from "../../mcp/catalogue.ts";
import { NO_DAEMON } from "../../client/daemon_link.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { withMembers } from "../../protocol/json/value.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { eventFrom, MailWorld, type Party, pin } from "../fault/mail_world.ts";
import { type Served, served } from "./mcp_world.ts";
import { ToolResult } from "./raw_client.ts";

// Loaded before anything is asked: a call that still reads its module has not begun to wait.
await Promise.all(CATALOGUE.map(({ load }) => load()));

interface Two extends AsyncDisposable {
  readonly world: MailWorld;
  readonly alice: Party;
  readonly bob: Party;
  readonly process: Served;
  /** Puts what came into bob's inbox, as a daemon does. */
  arrives(...events: readonly WireEvent[]): Promise<void>;
  says(...bodies: readonly Json[]): Promise<readonly WireEvent[]>;
}

const inboxOf = ({ disk, platform: { databases }, context: { home } }: Party): InboxWriter =>
  new InboxWriter({ files: disk, databases, stateRoot: home.paths.stateRoot });

/** Bob's agent is the one that is served. */
async function two(): Promise<Two> {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const process = await served({ platform: bob.platform, handle: "bob" });
  await process.client.open();
  const arrives = (...events: readonly WireEvent[]) =>
    inboxOf(bob).store(alice.handle, [...events]);
  return {
    world,
    alice,
    bob,
    process,
    arrives: async (...events) => void await arrives(...events),
    async says(...bodies) {
      const events: WireEvent[] = [];
      for (const body of bodies) {
        await alice.clock.advance(1_000);
        await bob.clock.advance(1_000);
        events.push(eventFrom(alice, bob, { body }));
      }
      await arrives(...events);
      return events;
    },
    [Symbol.asyncDispose]: () => process.end(),
  };
}

type Row = Record<string, unknown>;
const rows = (value: unknown): Row[] => {
  assert.ok(Array.isArray(value));
  return value.map((item: unknown) => ({ ...Object(item) }));
};

Deno.test("M2: tail gives the newest ones, oldest first, or the next ones after an id", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const events = await mail.says("one", "two", "three", "four");
  const bodies = async (args: Row) =>
    rows(await client.value("wire_tail", args)).map(({ body }) => body);
  assert.deepEqual(await bodies({}), ["one", "two", "three", "four"]);
  assert.deepEqual(await bodies({ limit: 2 }), ["three", "four"]);
  assert.deepEqual(await bodies({ since: events[0]?.id, limit: 2 }), ["two", "three"]);
  assert.deepEqual(await bodies({ peer: "nobody" }), []);
  const { content } = await client.tool("wire_tail", { since: "0".repeat(64), limit: 1 });
  assert.match(content[0]?.text ?? "", /"one"/);
  assert.match(content[1]?.text ?? "", /^warning: none of these messages has the id "0{64}"/);
  assert.deepEqual(await bodies({ event_id: events[1]?.id }), ["two"]);
});

Deno.test("M19: what tail shows verifies, with its marks, and what was changed does not", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const [event] = await mail.says({ plan: ["a", 1.50, "ü"] });
  const [shown] = rows(await client.value("wire_tail"));
  assert.ok(shown?.["verified"] === true);
  const verdict = await client.value("wire_verify", { event: JSON.stringify(shown) });
  assert.deepEqual(verdict, { verified: true });
  assert.deepEqual(await client.value("wire_verify", { event: event?.id }), { verified: true });
  const forged = JSON.stringify({ ...shown, body: "other" });
  const { verified, reason } = Object(await client.value("wire_verify", { event: forged }));
  assert.deepEqual([verified, typeof reason], [false, "string"]);
  assert.match(await client.failure("wire_verify", { event: "{" }), /^invalid event JSON: /);
});

Deno.test("M3 M21 ruling 4: an equal message is sent once, and a capability can be asked for", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const message = { peer: "alice", kind: "decision", body: '{"ship":true}' };
  const first = Object(await client.value("wire_send", message));
  const again = Object(await client.value("wire_send", message));
  assert.equal(again.event_id, first.event_id);
  assert.equal(again.status, "already_queued");
  const other = Object(await client.value("wire_send", { ...message, again: true }));
  assert.notEqual(other.event_id, first.event_id);
  const queued = mail.bob.disk.texts()["/bob/state/wire/outbox/alice.jsonl"] ?? "";
  assert.match(queued, /"body":\{"ship":true\}/);
  assert.match(queued, /"schema_version":"v3.1"/);
  const text = await client.failure("wire_send", { ...message, check_cap: "x/1" });
  assert.match(text, /x\/1/);
  assert.match(
    await client.failure("wire_send", { peer: "alice", kind: "claim" }),
    /^missing 'body'$/,
  );
});

Deno.test("M1 M15: whoami names the mailbox and no token, peers the tier that every screen shows", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const me = Object(await client.value("wire_whoami"));
  assert.equal(me.mailbox, `http://relay.test/slot/${mail.bob.slotId}`);
  assert.ok(!client.text.includes(mail.bob.slotToken));
  const [peer] = rows(await client.value("wire_peers"));
  assert.deepEqual([peer?.["handle"], peer?.["tier"]], ["alice", "VERIFIED"]);
});

Deno.test("M13 M14: the inbox resources hold the newest of all by time, and nothing outside can be read", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const carol = await mail.world.party("carol");
  await pin(mail.bob, carol);
  await mail.says("early");
  await carol.clock.advance(5_000);
  await mail.bob.clock.advance(5_000);
  await inboxOf(mail.bob).store(carol.handle, [eventFrom(carol, mail.bob, { body: "middle" })]);
  await mail.alice.clock.advance(9_000);
  await mail.says("late");
  const read = async (uri: string) => {
    const { contents } = Object(await client.request("resources/read", { uri }));
    return String(contents[0].text).trimEnd().split("\n").map((line) => JSON.parse(line).body);
  };
  assert.deepEqual(await read("wire://inbox/all"), ["early", "middle", "late"]);
  assert.deepEqual(await read("wire://inbox/carol"), ["middle"]);
  const listed = Object(await client.request("resources/list"));
  assert.deepEqual(listed.resources.map(({ uri }: { uri: string }) => uri), [
    "wire://inbox/all",
    "wire://pending-pair/all",
    "wire://inbox/alice",
    "wire://inbox/carol",
  ]);
  const templates = Object(await client.request("resources/templates/list"));
  assert.equal(templates.resourceTemplates[0].uriTemplate, "wire://inbox/{peer}");
  const outside = [
    "wire://inbox/",
    "wire://inbox/../alice",
    "wire://inbox/..%2falice",
    "wire://inbox/alice/../../config/private.key",
    "wire://inbox/con\u0000",
    "file:///etc/passwd",
    "wire://pending-pair/x",
  ];
  for (const uri of outside) {
    const { error } = await client.answer(await client.ask("resources/read", { uri }));
    assert.match(error?.message ?? "", /^unknown resource URI /, uri);
    const refused = await client.answer(await client.ask("resources/subscribe", { uri }));
    assert.equal(refused.error?.code, -32602, uri);
  }
});

Deno.test("a subscriber hears of each new message before anything else happens, and of no other", async () => {
  await using mail = await two();
  const { client } = mail.process;
  await mail.bob.clock.settle();
  await client.request("resources/subscribe", { uri: "wire://inbox/alice" });
  await client.request("resources/subscribe", { uri: "wire://inbox/nobody" });
  const told = () =>
    client.heard.filter(({ method }) => method === "notifications/resources/updated")
      .map(({ params }) => params?.["uri"]);
  const before = mail.bob.clock.now();
  await mail.arrives(eventFrom(mail.alice, mail.bob, { body: "now" }));
  await client.until(({ method }) => method === "notifications/resources/updated");
  assert.equal(mail.bob.clock.now(), before, "no clock has moved: nothing was polled");
  assert.deepEqual(told(), ["wire://inbox/alice"]);
  await client.request("resources/subscribe", { uri: "wire://inbox/all" });
  await client.request("resources/unsubscribe", { uri: "wire://inbox/alice" });
  await mail.arrives(eventFrom(mail.alice, mail.bob, { body: "again" }));
  await client.until(({ params }) => params?.["uri"] === "wire://inbox/all");
  assert.deepEqual(told(), ["wire://inbox/alice", "wire://inbox/all"]);
});

Deno.test("a new peer is told as a changed list", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const carol = await mail.world.party("carol");
  await mail.bob.clock.settle();
  await pin(mail.bob, carol);
  await client.until(({ method }) => method === "notifications/resources/list_changed");
});

Deno.test("ruling 17: wait gives what comes, nothing twice, and misses nothing whatever clocks say", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const waited = async (args: Row) => {
    const id = await client.ask("tools/call", { name: "wire_wait", arguments: args });
    return async () => {
      const { content } = ToolResult.parse((await client.answer(id)).result);
      const { events, since, timed_out } = JSON.parse(content[0]?.text ?? "");
      return { bodies: rows(events).map(({ body }) => body), since, timed_out };
    };
  };
  await mail.says("old");
  await mail.bob.clock.settle();
  const first = await waited({});
  await mail.bob.clock.settle();
  const slow = eventFrom(mail.alice, mail.bob, {
    body: "slow clock",
    timestamp: "2020-01-01T00:00:00Z",
  });
  await mail.arrives(slow);
  const one = await first();
  assert.deepEqual([one.bodies, one.timed_out], [["slow clock"], false]);
  await mail.says("between");
  await mail.bob.clock.settle();
  const two_ = await (await waited({ since: one.since }))();
  assert.deepEqual(two_.bodies, ["between"]);
  const empty = await (await waited({ since: two_.since, timeout_secs: 0 }))();
  assert.deepEqual([empty.bodies, empty.timed_out, empty.since], [[], true, two_.since]);
  assert.match(await client.failure("wire_wait", { since: "@0-1" }), /^since: unknown position/);
});

Deno.test("wait tells whoever asked for progress, and ends at its time", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const id = await client.ask("tools/call", {
    name: "wire_wait",
    arguments: { timeout_secs: 25 },
    _meta: { progressToken: "p1" },
  });
  await client.request("ping");
  for (let second = 0; second < 26; second++) await mail.bob.clock.advance(1_000);
  await client.answer(id);
  const told = client.heard.filter(({ method }) => method === "notifications/progress");
  assert.deepEqual(told.map(({ params }) => params?.["progress"]), [1, 2, 3]);
  assert.equal(told[0]?.params?.["progressToken"], "p1");
});

Deno.test("P2: status says how far a message is, and no further than is proved", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const sent = Object(await client.value("wire_send", { peer: "alice", kind: "claim", body: "x" }));
  const queued = Object(await client.value("wire_status", { event_id: sent.event_id }));
  assert.equal(queued.step, "queued");
  assert.match(await client.failure("wire_status", { event_id: "0000" }), /^no message of ours/);
  const { disk, context: { home: { paths: { stateRoot } } } } = mail.bob;
  const journal = new DeliveryJournal({ files: disk, stateRoot });
  const at = "2026-01-01T00:00:00Z";
  await journal.record(mail.alice.handle, [
    { event_id: sent.event_id, step: "stored", at, evidence: {} },
  ]);
  const stored = Object(
    await client.value("wire_status", { event_id: sent.event_id.slice(0, 12) }),
  );
  assert.deepEqual([stored.event_id, stored.peer, stored.step], [sent.event_id, "alice", "stored"]);
  const home = Object(await client.value("wire_status"));
  assert.deepEqual([home.handle, home.waiting, home.daemon.running], ["bob", 0, false]);
});

Deno.test("lesson 45: a daemon of another version is told with every answer", async () => {
  const world = new MailWorld();
  const { bob } = await world.paired();
  const daemon = {
    ...NO_DAEMON,
    status: () =>
      Promise.resolve({
        version: "9.9.9",
        pid: 1,
        did: bob.identity.did,
        started_at: "",
        round_at: null,
        mailboxes: [],
        resting: [],
        last_error: null,
        watchers: 0,
      }),
  };
  await using process = await served({ platform: bob.platform, handle: "bob" }, { daemon });
  await process.client.open();
  const me = Object(await process.client.value("wire_whoami"));
  assert.match(me.warning, /the daemon is wire 9\.9\.9: restart/);
  const { structuredContent, content } = await process.client.tool("wire_peers");
  assert.match(String(structuredContent?.["warning"]), /9\.9\.9/);
  assert.ok(Array.isArray(JSON.parse(content[0]?.text ?? "")));
  assert.match(content[1]?.text ?? "", /^warning: .*9\.9\.9/, "a list has no member for it");
});

Deno.test("search finds words, each hit with its writer", async () => {
  await using mail = await two();
  const { client } = mail.process;
  await mail.says("the plan is green", "nothing");
  const { messages } = Object(await client.value("wire_search", { text: "green" }));
  assert.equal(messages.length, 1);
  assert.match(messages[0]._peer, /text of alice, signature verified/);
  assert.match(messages[0].snippet, /green/);
});

Deno.test("wait can be told to hear of one thread only", async () => {
  await using mail = await two();
  const { client } = mail.process;
  await mail.bob.clock.settle();
  const thread = "ab".repeat(16);
  const id = await client.ask("tools/call", { name: "wire_wait", arguments: { thread } });
  await client.request("ping");
  await mail.says("elsewhere");
  await mail.bob.clock.settle();
  const signed = signEvent(
    withMembers(
      buildEvent({
        from: mail.alice.identity.did,
        to: mail.bob.identity.did,
        type: "claim",
        kind: 1001,
        body: "here",
        timestamp: mail.alice.clock.timestamp(),
      }),
      { thread },
    ),
    mail.alice.identity,
  );
  await mail.arrives(signed);
  const { content } = ToolResult.parse((await client.answer(id)).result);
  const { events } = JSON.parse(content[0]?.text ?? "");
  assert.deepEqual(rows(events).map(({ body }) => body), ["here"]);
});

Deno.test("M17: messages that are sent without waiting keep their order", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const bodies = Array.from({ length: 20 }, (_, index) => `message ${index}`);
  const ids: number[] = [];
  for (const [index, body] of bodies.entries()) {
    const args = { peer: index % 2 === 0 ? "alice" : "alice@r.example", kind: "claim", body };
    ids.push(await client.ask("tools/call", { name: "wire_send", arguments: args }));
  }
  await Promise.all(ids.map((id) => client.answer(id)));
  const queued = mail.bob.disk.texts()["/bob/state/wire/outbox/alice.jsonl"] ?? "";
  const inOrder = queued.trimEnd().split("\n").map((line): unknown => JSON.parse(line).body);
  assert.deepEqual(inOrder, bodies);
});

Deno.test("a thread is read as a whole: what came and what was sent, each with its writer", async () => {
  await using mail = await two();
  const { client } = mail.process;
  const opened = Object(
    await client.value("wire_send", {
      peer: "alice",
      kind: "question",
      body: "green?",
      thread: "new",
    }),
  );
  assert.match(opened.thread, /^[0-9a-f]{32}$/);
  await mail.says("elsewhere");
  await mail.alice.clock.advance(5_000);
  await mail.bob.clock.advance(5_000);
  const about = {
    from: mail.alice.identity.did,
    to: mail.bob.identity.did,
    type: "ack",
    kind: 1000,
    body: "yes",
    timestamp: mail.alice.clock.timestamp(),
  };
  const members = { thread: opened.thread, sent_to: "alice" };
  await mail.arrives(signEvent(withMembers(buildEvent(about), members), mail.alice.identity));
  const [sent, came] = rows(await client.value("wire_thread", { thread: opened.thread }));
  assert.deepEqual([sent?.["body"], sent?.["sent_to"]], ["green?", "alice"]);
  assert.match(String(sent?.["_peer"]), /text of this home/);
  assert.equal(came?.["body"], "yes");
  assert.equal(came?.["sent_to"], undefined, "ours alone to say");
  assert.match(String(came?.["_peer"]), /text of alice, signature verified/);
  assert.match(await client.failure("wire_thread", { thread: "x" }), /^thread: expected 32 hex/);
});
