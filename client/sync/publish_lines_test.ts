import assert from "node:assert/strict";
import { Outbox } from "../../store/mail/outbox.ts";
import {
  eventFrom,
  MailWorld,
  NEVER,
  type Party,
  RELAY_URL,
} from "../../tests/fault/mail_world.ts";
import { SocketRelay } from "../../tests/fault/socket_relay.ts";
import { relayUrlOf } from "../mailbox.ts";
import { Lines } from "./lines.ts";
import { Puller } from "./puller.ts";
import type { PushItem } from "./push_report.ts";
import { Pusher } from "./pusher.ts";
import { ownRoutes, type Route } from "./routes.ts";

/** Alice, whose own mailbox no line of hers follows: on bob's relay she only publishes. */
class Sending implements AsyncDisposable {
  readonly lines: Lines;
  readonly pusher: Pusher;
  #sent = 0;

  constructor(
    readonly mail: MailWorld,
    readonly sockets: SocketRelay,
    readonly alice: Party,
    readonly bob: Party,
  ) {
    this.lines = new Lines(alice.context, {
      reader: new Puller(alice.context, alice.identity),
      onMail: () => {},
      onPair: () => {},
    });
    this.pusher = new Pusher(alice.context, alice.identity, { publisher: this.lines });
  }

  static async start(): Promise<Sending> {
    const mail = new MailWorld();
    const sockets = SocketRelay.in(mail);
    const { alice, bob } = await mail.paired();
    sockets.serve(alice);
    return new Sending(mail, sockets, alice, bob);
  }

  /** Queues messages and pushes once. @param bodies left out: numbered ones */
  async send(bodies: number | readonly string[]): Promise<readonly PushItem[]> {
    const { alice, bob } = this;
    const texts = typeof bodies === "number"
      ? Array.from({ length: bodies }, () => `${this.#sent++}`)
      : bodies;
    const { context: { home: { paths: { stateRoot } } }, disk: files } = alice;
    const outbox = new Outbox({ files, stateRoot });
    for (const body of texts) await outbox.enqueue(bob.handle, eventFrom(alice, bob, { body }));
    return (await this.pusher.round({ signal: NEVER })).items;
  }

  get stored(): readonly string[] {
    return this.mail.relay.texts(this.bob.slotId).map((text) => JSON.parse(text).body);
  }

  get posts(): number {
    return this.mail.net.requests.filter(({ method }) => method === "POST").length;
  }

  asked(path: string): number {
    return this.mail.net.requests.filter(({ url }) => url.endsWith(path)).length;
  }

  get attempts(): number {
    return this.alice.platform.sockets.attempts.length;
  }

  /** @param limits what GET /v1/relay announces */
  announce(limits: Readonly<Record<string, number>>): void {
    const info = {
      name: "wire",
      version: "1",
      protocol: "wire/0.5",
      features: ["ws"],
      relay_key: null,
      limits: {
        max_batch: 256,
        max_event_bytes: 262_144,
        max_frame_bytes: 1_048_576,
        max_slot_bytes: 67_108_864,
        retention_days: null,
        ...limits,
      },
    };
    this.mail.relay.intercept = ({ url }) =>
      Promise.resolve(url.endsWith("/v1/relay") ? Response.json(info) : undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lines.close();
    assert.deepEqual(this.sockets.connections, [], "a connection was left open");
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);

Deno.test("a batch for a relay without a mailbox of ours goes by a connection made for it", async () => {
  await using sending = await Sending.start();
  const items = await sending.send(300);
  assert.ok(items.every(({ tag }) => tag === "pushed"));
  assert.deepEqual(sending.stored, numbers(300));
  assert.deepEqual(sending.sockets.log, ["publish 02", "publish 02"]);
  assert.deepEqual([sending.attempts, sending.posts], [1, 0]);
  await sending.send(1);
  assert.deepEqual(
    [sending.attempts, sending.posts],
    [1, 0],
    "while it is open, one goes by it, too",
  );
  assert.deepEqual(sending.alice.warnings, []);
});

Deno.test("P8: a connection that is only published on ends when nothing was sent for a while", async () => {
  await using sending = await Sending.start();
  await sending.send(2);
  await sending.alice.clock.advance(29_000);
  await sending.send(1);
  await sending.alice.clock.advance(29_000);
  assert.equal(sending.sockets.connections.length, 1);
  await sending.alice.clock.advance(2_000);
  assert.equal(sending.sockets.connections.length, 0);
  await sending.send(1);
  assert.deepEqual([sending.attempts, sending.posts], [1, 1], "one message is worth no connection");
  await sending.send(2);
  assert.deepEqual([sending.attempts, sending.posts], [2, 1]);
  assert.deepEqual(sending.stored, numbers(6));
});

Deno.test("a plain relay is posted to, is asked for nothing else, and nobody is told", async () => {
  await using sending = await Sending.start();
  sending.sockets.health = {};
  await sending.send(2);
  const asked = sending.asked("/healthz");
  await sending.send(2);
  assert.deepEqual(sending.stored, numbers(4));
  assert.deepEqual([sending.attempts, sending.posts], [0, 4]);
  assert.deepEqual([sending.asked("/healthz"), sending.asked("/v1/relay")], [asked, 0]);
  assert.deepEqual(sending.alice.warnings, []);
});

Deno.test("where no connection can be made, messages go as requests, which is told once", async () => {
  await using sending = await Sending.start();
  const { alice } = sending;
  const { sockets } = alice.platform;
  sockets.fail(RELAY_URL, "the proxy p:1 answered CONNECT with 403");
  await sending.send(2);
  await sending.send(2);
  assert.deepEqual([sending.attempts, sending.posts], [1, 4], "not tried again at once");
  await alice.clock.advance(31_000);
  await sending.send(2);
  assert.deepEqual([sending.attempts, sending.posts], [2, 6]);
  assert.equal(alice.warnings.length, 1);
  assert.match(
    alice.warnings[0] ?? "",
    /^mail to http:\/\/relay\.test now goes as single requests \(.*CONNECT with 403\)$/,
  );
  sockets.fail(RELAY_URL, undefined);
  await alice.clock.advance(31_000);
  await sending.send(2);
  assert.equal(sending.posts, 6);
  assert.equal(alice.warnings[1], "mail to http://relay.test now goes by WebSocket again");
  assert.deepEqual(sending.stored, numbers(8));
});

Deno.test("P8: an upgrade that hangs holds messages up for a moment only", async () => {
  await using sending = await Sending.start();
  sending.alice.platform.sockets.hang(RELAY_URL);
  const pushed = sending.send(2);
  await sending.alice.clock.advance(5_000);
  await pushed;
  assert.deepEqual(sending.stored, numbers(2));
  assert.match(sending.alice.warnings.join(), /timed out after 5000 ms/);
});

Deno.test("a relay's own limits are kept: events in a frame, bytes of a frame and of an event", async () => {
  await using sending = await Sending.start();
  sending.announce({ max_batch: 3, max_frame_bytes: 4_000, max_event_bytes: 2_000 });
  const frames: string[] = [];
  sending.sockets.intercept = (text) => void frames.push(text) === undefined;
  const bodies = [...numbers(7), "x".repeat(900), "y".repeat(900), "z".repeat(900)];
  await sending.send(bodies);
  await sending.send(["a", "b".repeat(1_800), "c"]);
  assert.deepEqual(sending.stored, [...bodies, "a", "b".repeat(1_800), "c"]);
  const published = frames.filter((text) => text.includes('"publish"'));
  assert.ok(published.length >= 5, `${published.length} frames`);
  for (const text of published) {
    assert.ok(text.length <= 4_000, `${text.length} bytes`);
    assert.ok(JSON.parse(text).events.length <= 3);
  }
  assert.equal(sending.posts, 2, "what fits in no frame, and what stands behind it, in its order");
  assert.equal(sending.asked("/v1/relay"), 1);
});

Deno.test("limits that nobody tells are those of the protocol", async () => {
  await using sending = await Sending.start();
  sending.announce({ max_batch: -1 });
  await sending.send(4);
  assert.deepEqual(sending.sockets.log, ["publish 02"]);
  assert.deepEqual(sending.stored, numbers(4));
});

Deno.test("P1: a connection lost in the middle of it: nothing is lost, nothing is there twice", async () => {
  for (const isStored of ["stored", "lost"]) {
    await using sending = await Sending.start();
    sending.announce({ max_batch: 2 });
    let frames = 0;
    sending.sockets.intercept = (text, socket) => {
      if (!text.includes('"publish"') || ++frames < 2) return true;
      if (isStored === "stored") {
        for (const event of JSON.parse(text).events) {
          sending.mail.relay.plant(sending.bob.slotId, JSON.stringify(event));
        }
      }
      socket.cut();
      return false;
    };
    const items = await sending.send(6);
    assert.deepEqual(new Set(sending.stored), new Set(numbers(6)));
    assert.equal(sending.stored.length, 6);
    assert.equal(items.filter(({ tag }) => tag === "pushed").length, isStored === "stored" ? 4 : 6);
  }
});

Deno.test("a peer's relay that has lost its WebSockets is told of, and mail goes on", async () => {
  await using sending = await Sending.start();
  await sending.send(2);
  await sending.alice.clock.advance(31_000);
  sending.sockets.health = {};
  await sending.send(2);
  assert.deepEqual(sending.stored, numbers(4));
  assert.equal(sending.posts, 2);
  assert.match(sending.alice.warnings.join(), /as single requests \(.*it offered ws before/);
});

Deno.test("P8: so many connections at once, and one that only remembers a failure gives way", async () => {
  await using sending = await Sending.start();
  const { alice, lines, mail } = sending;
  const [own] = ownRoutes(await sending.bob.context.home.readRelayState());
  assert.ok(own);
  const texts = ["1", "2"].map((body) => eventFrom(alice, sending.bob, { body }).text);
  const routeAt = (n: number): Route => {
    const shownUrl = `http://relay${n}.test`;
    mail.net.serve(
      shownUrl,
      () => Promise.resolve(new Response("ok", { headers: { "wire-relay": 'features="ws"' } })),
    );
    if (n === 0) alice.platform.sockets.fail(shownUrl, "no");
    else alice.platform.sockets.serve(shownUrl, (socket) => void sending.sockets.accept(socket));
    return { ...own, shownUrl, relayUrl: relayUrlOf(shownUrl) };
  };
  const sent: boolean[] = [];
  for (let n = 0; n < 40; n++) {
    sent.push(await lines.publish(routeAt(n), texts) !== undefined);
  }
  assert.equal(sent.filter(Boolean).length, 32);
  assert.equal(sending.sockets.connections.length, 32);
  assert.deepEqual([sent[0], sent[32], sent[33]], [false, true, false]);
});
