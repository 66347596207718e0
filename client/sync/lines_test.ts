import assert from "node:assert/strict";
import {
  eventFrom,
  MailWorld,
  NEVER,
  type Party,
  received,
  RELAY_URL,
} from "../../tests/fault/mail_world.ts";
import { SocketRelay } from "../../tests/fault/socket_relay.ts";
import { readTransports } from "../../store/home/transports.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { Lines } from "./lines.ts";
import { Puller } from "./puller.ts";
import { Pusher } from "./pusher.ts";
import { ownRoutes, type Route } from "./routes.ts";

class Receiving {
  wakes = 0;
  readonly puller: Puller;
  readonly lines: Lines;

  constructor(readonly party: Party) {
    this.puller = new Puller(party.context, party.identity);
    this.lines = new Lines(party.context, {
      reader: this.puller,
      onMail: () => this.wakes++,
      onPair: () => {},
    });
  }

  async follow(): Promise<this> {
    this.lines.follow(ownRoutes(await this.party.context.home.readRelayState()));
    await this.settle();
    return this;
  }

  /** What was begun is done: only time is missing. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 8; turns++) await this.party.clock.settle();
  }

  async transport(): Promise<string> {
    const [record] = await readTransports(this.party.context.home);
    return record === undefined ? "-" : `${record.transport} ${record.why ?? ""}`.trim();
  }

  async cursor(): Promise<string | undefined> {
    const state = await this.party.context.home.readRelayState();
    return state.self?.last_pulled_event_id ?? undefined;
  }
}

async function world(): Promise<
  { world: MailWorld; sockets: SocketRelay; alice: Party; bob: Party }
> {
  const mail = new MailWorld();
  const sockets = SocketRelay.in(mail);
  const { alice, bob } = await mail.paired();
  for (const party of [alice, bob]) sockets.serve(party);
  return { world: mail, sockets, alice, bob };
}

async function routeOf({ context }: Party): Promise<Route> {
  const [route] = ownRoutes(await context.home.readRelayState());
  assert.ok(route);
  return route;
}

const post = (sockets: SocketRelay, mail: MailWorld, text: string, to: Party): void => {
  mail.relay.plant(to.slotId, text);
  sockets.flush();
};

const listed = ({ net }: MailWorld): number =>
  net.requests.filter(({ url }) => url.includes("/v1/events/")).length;

Deno.test("P1: what a connection brings is stored, the cursor moved, and only then it is acked", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const first = eventFrom(alice, bob, { body: "one" });
  mail.relay.plant(bob.slotId, first.text);
  const receiving = await new Receiving(bob).follow();
  assert.deepEqual(received(bob, "alice"), ["one"]);
  const stored: unknown[][] = [];
  sockets.intercept = (text) => {
    if (text.includes('"ack"')) stored.push([...received(bob, "alice"), bob.disk.texts()]);
    return true;
  };
  const second = eventFrom(alice, bob, { body: "two" });
  post(sockets, mail, second.text, bob);
  await receiving.settle();
  assert.deepEqual(sockets.log, ["open 02", "ack 02 1", "ack 02 2"]);
  assert.deepEqual(stored[0]?.slice(0, 2), ["one", "two"]);
  assert.match(JSON.stringify(stored[0]?.at(-1)), new RegExp(`pulled_event_id[^,]*${second.id}`));
  assert.equal(await receiving.cursor(), second.id);
  assert.equal(listed(mail), 0);
  const round = await receiving.puller.round({ signal: NEVER });
  assert.deepEqual(round.written.map(({ event_id }) => event_id), [first.id, second.id]);
  assert.equal(listed(mail), 0, "whoever brings it need not be asked");
  await receiving.lines.close();
});

Deno.test("P3: what a connection brings is verified like what is fetched", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const carol = await mail.party("carol");
  const receiving = await new Receiving(bob).follow();
  const good = eventFrom(alice, bob, { body: "good" });
  const changed = good.text.replace('"good"', '"evil"');
  for (
    const text of [eventFrom(carol, bob).text, changed, '{"event_id":7}', "[1.0]", good.text]
  ) post(sockets, mail, text, bob);
  await receiving.settle();
  assert.deepEqual(received(bob, "alice"), ["good"]);
  assert.deepEqual(received(bob, "carol"), []);
  const { written, rejected } = await receiving.puller.round({ signal: NEVER });
  assert.deepEqual([written.length, rejected.length], [1, 4]);
  assert.equal(sockets.log.at(-1), "ack 02 5");
  await receiving.lines.close();
});

Deno.test("a lost connection is made again at the cursor, quietly, and nothing is asked for", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const receiving = await new Receiving(bob).follow();
  await bob.clock.advance(11_000);
  post(sockets, mail, eventFrom(alice, bob, { body: "before" }).text, bob);
  await receiving.settle();
  sockets.cut(1012);
  mail.relay.plant(bob.slotId, eventFrom(alice, bob, { body: "between" }).text);
  await bob.clock.advance(500);
  await receiving.settle();
  assert.deepEqual(received(bob, "alice"), ["before", "between"]);
  assert.deepEqual(bob.warnings, []);
  assert.equal(listed(mail), 0);
  assert.equal(await receiving.transport(), "websocket");
  await receiving.lines.close();
  assert.equal(await receiving.transport(), "-");
  assert.deepEqual(sockets.connections, []);
});

Deno.test("without WebSockets mail comes by the event stream, which is told, and goes back by itself", async () => {
  const { world: mail, alice, bob } = await world();
  bob.platform.sockets.fail(RELAY_URL, "the proxy p:1 answered CONNECT with 403");
  const receiving = await new Receiving(bob).follow();
  assert.match(await receiving.transport(), /^event_stream .*CONNECT with 403$/);
  assert.equal(bob.warnings.length, 1);
  assert.match(
    bob.warnings.join(""),
    /^mail at http:\/\/relay\.test now comes by event stream \(.*403\)$/,
  );
  const { relayUrl, slotId, slotToken } = await routeOf(bob);
  const { text } = eventFrom(alice, bob, { body: "by stream" });
  await alice.context.relay(relayUrl).postEvent(slotId, slotToken, text);
  await receiving.settle();
  assert.ok(receiving.wakes > 0);
  await receiving.puller.round({ signal: NEVER });
  assert.deepEqual(received(bob, "alice"), ["by stream"]);
  await bob.clock.advance(60_000);
  assert.equal(bob.warnings.length, 1, "once, not with each attempt");
  bob.platform.sockets.fail(RELAY_URL, undefined);
  await bob.clock.advance(31_000);
  await receiving.settle();
  assert.equal(await receiving.transport(), "websocket");
  assert.equal(bob.warnings.at(-1), "mail at http://relay.test now comes by WebSocket");
  assert.equal(mail.relay.slots.get(bob.slotId)?.streams.size, 0, "nobody listens twice");
  await receiving.lines.close();
});

Deno.test("a relay that fails altogether is asked at intervals, and a plain one has its stream", async () => {
  const { world: mail, sockets, bob } = await world();
  sockets.health = {};
  const receiving = await new Receiving(bob).follow();
  assert.equal(await receiving.transport(), "event_stream the relay offers no WebSocket");
  assert.deepEqual(bob.warnings, [], "that is as it should be");
  assert.deepEqual(bob.platform.sockets.attempts, []);
  mail.net.fail(RELAY_URL, "connect");
  mail.relay.closeStreams();
  await receiving.settle();
  assert.match(await receiving.transport(), /^polling/);
  assert.match(bob.warnings.join("\n"), /now comes by asking at intervals/);
  await receiving.lines.close();
});

Deno.test("a relay that has lost its WebSockets is read in no other way before somebody decides", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const receiving = await new Receiving(bob).follow();
  sockets.health = {};
  bob.platform.sockets.fail(RELAY_URL, "the server answered the upgrade with 404");
  sockets.cut();
  mail.relay.plant(bob.slotId, eventFrom(alice, bob).text);
  await bob.clock.advance(3_000);
  await receiving.settle();
  assert.match(await receiving.transport(), /^none .*it offered ws before/);
  const { failures } = await receiving.puller.round({ signal: NEVER });
  assert.match(String(failures[0]?.error), /it offered ws before and does not any more/);
  assert.deepEqual([received(bob, "alice"), listed(mail)], [[], 0]);
  sockets.health = { headers: { "wire-relay": 'features="ws"' } };
  bob.platform.sockets.fail(RELAY_URL, undefined);
  await bob.clock.advance(31_000);
  await receiving.settle();
  assert.deepEqual(received(bob, "alice"), ["hello"]);
  await receiving.lines.close();
});

Deno.test("P8: a relay that closes at once is not stormed", async () => {
  const { sockets, bob } = await world();
  sockets.intercept = (_, socket) => (socket.close(1012), false);
  const receiving = await new Receiving(bob).follow();
  const { attempts } = bob.platform.sockets;
  await bob.clock.advance(120_000);
  const soon = attempts.length;
  await bob.clock.advance(600_000);
  assert.ok(soon < 25 && attempts.length - soon < 100, `${soon}, ${attempts.length}`);
  assert.ok(attempts.length - soon > 15, "nor given up");
  await receiving.lines.close();
});

Deno.test("a mailbox that the relay refuses is asked for in the other way, and tried again", async () => {
  const { sockets, bob } = await world();
  let refusals = 0;
  sockets.intercept = (text, socket) => {
    if (!text.includes('"open"') || refusals++ > 0) return true;
    const { ref } = JSON.parse(text);
    socket.send(
      JSON.stringify({ op: "error", ref, code: "busy", message: "too many", http: 503 }),
    );
    return false;
  };
  const receiving = await new Receiving(bob).follow();
  assert.match(await receiving.transport(), /^event_stream .*503.*too many/);
  await bob.clock.advance(30_000);
  await receiving.settle();
  assert.equal(await receiving.transport(), "websocket");
  await receiving.lines.close();
});

Deno.test("a machine that slept, or a relay that went silent, is noticed by a ping", async () => {
  const { sockets, bob } = await world();
  const receiving = await new Receiving(bob).follow();
  await bob.clock.advance(60_000);
  assert.equal(bob.platform.sockets.attempts.length, 1, "pongs keep it");
  sockets.intercept = () => false;
  receiving.lines.check();
  await bob.clock.advance(15_000);
  sockets.intercept = () => true;
  await bob.clock.advance(500);
  await receiving.settle();
  assert.equal(bob.platform.sockets.attempts.length, 2);
  assert.equal(await receiving.transport(), "websocket");
  sockets.intercept = () => false;
  await bob.clock.advance(40_000);
  assert.ok(bob.platform.sockets.attempts.length > 2, "also without being asked");
  await receiving.lines.close();
});

Deno.test("events that cannot be stored are neither acked nor passed, and come again", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const receiving = await new Receiving(bob).follow();
  const trust = bob.disk.texts()[bob.context.home.file.trust] ?? "";
  await bob.disk.writeAtomic(bob.context.home.file.trust, "{", { point: "test" });
  post(sockets, mail, eventFrom(alice, bob, { body: "kept" }).text, bob);
  await receiving.settle();
  assert.ok(!sockets.log.some((line) => line.startsWith("ack")));
  await assert.rejects(receiving.puller.round({ signal: NEVER }), { code: "unreadable" });
  await bob.disk.writeAtomic(bob.context.home.file.trust, trust, { point: "test" });
  await bob.clock.advance(31_000);
  await receiving.settle();
  assert.deepEqual(received(bob, "alice"), ["kept"]);
  await receiving.lines.close();
});

Deno.test("messages go by the connection in batches, each with its own outcome", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const sending = await new Receiving(alice).follow();
  const pusher = new Pusher(alice.context, alice.identity, { publisher: sending.lines });
  const outbox = new Outbox({ files: alice.disk, stateRoot: alice.context.home.paths.stateRoot });
  const events = Array.from({ length: 300 }, (_, n) => eventFrom(alice, bob, { body: `${n}` }));
  for (const event of events) await outbox.enqueue(bob.handle, event);
  const [first, , third] = events;
  mail.relay.plant(bob.slotId, first?.text ?? "");
  const handle = mail.relay.intercept;
  mail.relay.intercept = async (request) => {
    const isThird = request.method === "POST" &&
      (await request.clone().text()).includes(third?.id ?? "-");
    return isThird ? new Response('{"error":"no"}', { status: 400 }) : undefined;
  };
  const { items } = await pusher.round({ signal: NEVER });
  mail.relay.intercept = handle;
  const outcomes = Object.groupBy(items, ({ tag }) => tag);
  assert.deepEqual(outcomes.duplicate?.map(({ eventId }) => eventId), [first?.id]);
  assert.equal(outcomes.pushed?.length, 298);
  assert.deepEqual(outcomes.skipped?.map(({ eventId }) => eventId), [third?.id]);
  assert.match(JSON.stringify(outcomes.skipped), /post_event failed: 400 Bad Request: no/);
  assert.equal(sockets.log.filter((line) => line === "publish 02").length, 2);
  const ids = mail.relay.texts(bob.slotId).map((text) => JSON.parse(text).event_id);
  assert.deepEqual(ids, events.filter((event) => event !== third).map(({ id }) => id));
  assert.equal(mail.net.requests.filter(({ method }) => method === "POST").length, 0);
  await sending.lines.close();
});

Deno.test("P1: a connection lost in the middle of a batch: the same goes by requests, nothing twice", async () => {
  for (const isStored of ["stored", "lost"]) {
    const { world: mail, sockets, alice, bob } = await world();
    const sending = await new Receiving(alice).follow();
    const pusher = new Pusher(alice.context, alice.identity, { publisher: sending.lines });
    const outbox = new Outbox({ files: alice.disk, stateRoot: alice.context.home.paths.stateRoot });
    const events = ["a", "b"].map((body) => eventFrom(alice, bob, { body }));
    for (const event of events) await outbox.enqueue(bob.handle, event);
    sockets.intercept = (text, socket) => {
      if (!text.includes('"publish"')) return true;
      if (isStored === "stored") {
        for (const event of events) mail.relay.plant(bob.slotId, event.text);
      }
      socket.cut();
      return false;
    };
    const { items } = await pusher.round({ signal: NEVER });
    const tag = isStored === "stored" ? "duplicate" : "pushed";
    assert.deepEqual(items.map((item) => item.tag), [tag, tag]);
    assert.equal(mail.relay.texts(bob.slotId).length, 2);
    await sending.lines.close();
  }
});

Deno.test("one connection serves every mailbox of a home on a relay", async () => {
  const { world: mail, sockets, alice, bob } = await world();
  const beside = mail.relay.makeSlot(9);
  const endpoint = ({ slotId, slotToken }: { slotId: string; slotToken: string }) => ({
    relay_url: RELAY_URL,
    slot_id: slotId,
    slot_token: slotToken,
    scope: "federation",
  });
  await bob.context.home.updateRelayState("test", (state) => ({
    ...state,
    self: {
      ...state.self,
      endpoints: [endpoint(bob), endpoint(beside)],
    },
  }));
  const receiving = await new Receiving(bob).follow();
  for (const [n, slotId] of [bob.slotId, beside.slotId, bob.slotId].entries()) {
    mail.relay.plant(slotId, eventFrom(alice, bob, { body: `${n}` }).text);
    sockets.flush();
    await receiving.settle();
  }
  assert.deepEqual(received(bob, "alice"), ["0", "1", "2"]);
  assert.equal(bob.platform.sockets.attempts.length, 1);
  sockets.cut();
  await bob.clock.advance(2_000);
  await receiving.settle();
  assert.equal(sockets.log.filter((line) => line.startsWith("open")).length, 4);
  assert.equal(
    sockets.log.filter((line) => line.startsWith("ack")).length,
    3,
    "nothing came again",
  );
  await receiving.lines.close();
});
