import assert from "node:assert/strict";
import fc from "fast-check";
import { TransportError } from "../platform/transport_error.ts";
import { WireError } from "../protocol/errors.ts";
import { isCodeHash, isPairId, isSlotId, isSlotToken, parseRelayUrl } from "../protocol/ids.ts";
import { printJson } from "../protocol/json/print.ts";
import { testRuns } from "../tests/runs.ts";
import { type Answer, fakeWorld, json, RELAY, serveRelay } from "./fake/world.ts";
import { RelayClient, RelayStatusError } from "./relay_client.ts";
import { failure } from "../tests/failure.ts";

const SLOT = branded("5".repeat(32), isSlotId);
const TOKEN = branded("f".repeat(64), isSlotToken);
const PAIR = branded("7".repeat(32), isPairId);
const CODE_HASH = branded("9".repeat(64), isCodeHash);

function branded<T extends string>(text: string, is: (value: unknown) => value is T): T {
  assert.ok(is(text));
  return text;
}

function relayWith(answers: Readonly<Record<string, Answer>>) {
  const world = fakeWorld();
  serveRelay(world, answers);
  const url = parseRelayUrl(RELAY);
  assert.ok(url !== undefined);
  return { ...world, relay: new RelayClient(url, world.platform) };
}

const EVENTS = `/v1/events/${SLOT}`;
const PLAIN = {
  status: "stored",
  eventId: undefined,
  digest: undefined,
  fetched: undefined,
  receipt: undefined,
};

Deno.test("allocate sends the hint and takes ids of the right form only", async () => {
  const good = { slot_id: SLOT, slot_token: TOKEN, later: 1 };
  const { relay, platform } = relayWith({ "POST /v1/slot/allocate": json(good, 201) });
  assert.deepEqual(await relay.allocate("alice"), { slotId: SLOT, slotToken: TOKEN });
  const [request] = platform.net.requests;
  assert.equal(await request?.text(), '{"handle":"alice"}');
  assert.equal(request?.headers.get("content-type"), "application/json");
  assert.equal(request?.headers.get("authorization"), null);
  assert.equal(platform.clock.pending, 0, "what has been answered keeps no deadline");

  for (const slot_id of ["../../x", "", 7, null, "5".repeat(31), "G".repeat(32)]) {
    const { relay: bad } = relayWith({ "POST /v1/slot/allocate": json({ ...good, slot_id }, 201) });
    assert.equal((await failure(bad.allocate())).code, "relay_garbage");
  }
});

Deno.test("an event is posted as its text, and duplicates and digests are told", async () => {
  const digest = "ab".repeat(16);
  const replies = [
    json({ event_id: "e1", status: "stored" }, 201),
    json({ event_id: "e1", status: "duplicate", digest }),
    json({ event_id: null, status: "queued_somewhere" }, 201),
  ];
  const { relay, platform } = relayWith({ [`POST ${EVENTS}`]: () => replies.shift() ?? json({}) });
  const post = () => relay.postEvent(SLOT, TOKEN, '{"n":1.0}');
  assert.deepEqual(await post(), { ...PLAIN, eventId: "e1" });
  assert.deepEqual(await post(), { ...PLAIN, status: "duplicate", eventId: "e1", digest });
  assert.deepEqual(await post(), PLAIN);
  const [request] = platform.net.requests;
  assert.equal(await request?.text(), '{"event":{"n":1.0}}');
  assert.equal(request?.headers.get("authorization"), `Bearer ${TOKEN}`);
  assert.equal(request?.headers.get("wire-receipt"), null);
});

Deno.test("a receipt is asked for by the relay's URL, and handed on whatever it is", async () => {
  for (const receipt of [{ type: "wire/relay-receipt-1" }, 7, null, undefined]) {
    const reply = json({ event_id: "e1", status: "stored", receipt }, 201);
    const { relay, platform } = relayWith({ [`POST ${EVENTS}`]: reply });
    const posted = await relay.postEvent(SLOT, TOKEN, "{}", { wantsReceipt: true });
    assert.deepEqual(posted, { ...PLAIN, eventId: "e1", receipt });
    assert.equal(platform.net.requests[0]?.headers.get("wire-receipt"), RELAY);
  }
});

Deno.test("a page keeps the numbers of its events as they were sent", async () => {
  const text = '[{"n":1.0,"big":9007199254740993,"e":1e+16},"no event",null]';
  const { relay, platform } = relayWith({ [`GET ${EVENTS}`]: () => new Response(text) });
  const items = await relay.listEvents(SLOT, TOKEN, { since: "a&b", limit: 1000 });
  assert.equal(printJson(items), '[{"big":9007199254740993,"e":1e+16,"n":1.0},"no event",null]');
  assert.equal(platform.net.requests[0]?.url, `${RELAY}${EVENTS}?since=a%26b&limit=1000`);
  await relay.listEvents(SLOT, TOKEN, { limit: 5 });
  assert.equal(platform.net.requests[1]?.url, `${RELAY}${EVENTS}?limit=5`);
});

Deno.test("a page with more than was asked for is none", async () => {
  const { relay } = relayWith({ [`GET ${EVENTS}`]: json([1, 2, 3]) });
  const error = await failure(relay.listEvents(SLOT, TOKEN, { limit: 2 }));
  assert.equal(error.code, "relay_garbage");
});

Deno.test("error statuses read as in 0.5.19", async () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [403, '{"error":"bad token"}', 'post_event failed: 403 Forbidden: {"error":"bad token"}'],
    [404, '{"error":"unknown slot"}', 'post_event failed: 404 Not Found: {"error":"unknown slot"}'],
    [
      429,
      "Too Many Requests! Wait for 9s",
      "post_event failed: 429 Too Many Requests: Too Many Requests! Wait for 9s",
    ],
    [599, "", "post_event failed: 599 <unknown status code>: "],
  ];
  for (const [status, body, message] of cases) {
    const { relay } = relayWith({ [`POST ${EVENTS}`]: () => new Response(body, { status }) });
    const error = await failure(relay.postEvent(SLOT, TOKEN, "{}"));
    assert.ok(error instanceof RelayStatusError);
    assert.equal(error.code, "relay_status");
    assert.equal(error.status, status);
    assert.equal(error.message, message);
  }
});

Deno.test("P5: what a relay says in an error is bounded, harmless and without our token", async () => {
  const body = `\u001b[2J\u202e${TOKEN}\r\nerror: forged line\n` + "x".repeat(100_000);
  const { relay } = relayWith({ [`POST ${EVENTS}`]: () => new Response(body, { status: 500 }) });
  const { message } = await failure(relay.postEvent(SLOT, TOKEN, "{}"));
  assert.ok(message.length < 400, String(message.length));
  assert.doesNotMatch(message, /[\p{Cc}\p{Cf}]/u);
  assert.ok(!message.includes(TOKEN));
});

Deno.test("lesson 50: a health check names the class, the whole chain and a command to run", async () => {
  const { relay, platform } = relayWith({ "GET /healthz": new Response("ok\n") });
  assert.deepEqual(await relay.health(), {
    features: undefined,
    isRelay: true,
    latencyMs: 0,
    dateMs: undefined,
  });
  platform.net.fail(RELAY, "tls");
  const error = await failure(relay.health());
  assert.equal(error.code, "unreachable");
  assert.equal(
    error.message,
    `phyllis: silent line — couldn't reach ${RELAY}/healthz: TLS error: GET ${RELAY}/healthz: ` +
      "client error (Connect): invalid peer certificate: UnknownIssuer",
  );
  assert.match(error.hint ?? "", /openssl s_client/);
  const { relay: broken } = relayWith({ "GET /healthz": new Response("no", { status: 503 }) });
  const unhealthy = await failure(broken.health());
  assert.match(unhealthy.message, /silent line — http:\/\/relay\.test\/healthz returned non-200/);
  assert.match(unhealthy.message, /503/);
});

Deno.test("features are what the relay announces, and undefined on a 0.5.19 one", async () => {
  const headers = { "wire-relay": 'features="grants ws receipts"' };
  const { relay } = relayWith({ "GET /healthz": new Response("ok\n", { headers }) });
  assert.deepEqual((await relay.health()).features, ["grants", "ws", "receipts"]);
  for (const odd of ["", "features=", 'features="<b>"', "x".repeat(2_000)]) {
    const answer = new Response("ok\n", { headers: { "wire-relay": odd } });
    const { relay: other } = relayWith({ "GET /healthz": answer });
    assert.equal((await other.health()).features, undefined, odd);
  }
});

Deno.test("P8: a relay that says nothing is left after 30 s", async () => {
  const { relay, platform } = relayWith({ [`GET ${EVENTS}`]: () => new Promise(() => {}) });
  const waiting = failure(relay.listEvents(SLOT, TOKEN, { limit: 1 }));
  await platform.clock.advance(30_000);
  const error = await waiting;
  assert.ok(error instanceof TransportError);
  assert.equal(error.failure, "timeout");
});

Deno.test("P8: a body that never ends is left after 30 s, too long a one at its limit", async () => {
  const stuck = () => new Response(new ReadableStream({ start: (c) => c.enqueue(bytes("[1,")) }));
  const { relay, platform } = relayWith({ [`GET ${EVENTS}`]: stuck });
  const waiting = failure(relay.listEvents(SLOT, TOKEN, { limit: 1 }));
  await platform.clock.advance(30_000);
  assert.equal((await waiting).code, "unreachable");

  let sent = 0;
  const chunk = new Uint8Array(16 * 1024).fill(0x20);
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += chunk.length;
          controller.enqueue(chunk);
        },
      }),
    );
  const { relay: other } = relayWith({ "POST /v1/slot/allocate": endless });
  assert.equal((await failure(other.allocate())).code, "relay_garbage");
  assert.ok(sent < 200 * 1024, `${sent} bytes were taken`);
});

Deno.test("an abort of the caller stays what it was", async () => {
  const { relay } = relayWith({ [`GET ${EVENTS}`]: () => new Promise(() => {}) });
  const abort = new AbortController();
  const waiting = relay.listEvents(SLOT, TOKEN, { limit: 1, signal: abort.signal });
  abort.abort(new WireError("interrupted", "stop"));
  await assert.rejects(waiting, { code: "interrupted" });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("pairing calls carry what the relay needs, and nothing secret but in bodies", async () => {
  const { relay, platform } = relayWith({
    "POST /v1/pair": json({ pair_id: PAIR }, 201),
    [`GET /v1/pair/${PAIR}`]: json({ peer_bootstrap: null, peer_msg: "bXNn" }),
    [`POST /v1/pair/${PAIR}/bootstrap`]: json({ ok: true }, 201),
    "POST /v1/pair/abandon": () => new Response(null, { status: 204 }),
  });
  assert.equal(await relay.pairOpen(CODE_HASH, "host", { msg: "bXNn" }), PAIR);
  assert.deepEqual(await relay.pairGet(PAIR, "guest"), {
    peerMsg: "bXNn",
    peerBootstrap: undefined,
  });
  await relay.pairBootstrap(PAIR, "host", { sealed: "c2VhbGVk" });
  await relay.pairAbandon(CODE_HASH);
  const bodies = await Promise.all(platform.net.requests.map((request) => request.text()));
  assert.deepEqual(bodies, [
    `{"code_hash":"${CODE_HASH}","msg":"bXNn","role":"host"}`,
    "",
    '{"role":"host","sealed":"c2VhbGVk"}',
    `{"code_hash":"${CODE_HASH}"}`,
  ]);
  assert.equal(platform.net.requests[1]?.url, `${RELAY}/v1/pair/${PAIR}?as_role=guest`);
});

Deno.test("whatever a relay answers, every call ends with one line or a value of its schema", async () => {
  const answers = fc.record({
    status: fc.constantFrom(200, 201, 204, 302, 400, 404, 500),
    body: fc.oneof(
      fc.constantFrom(
        "",
        "<html><body>Sign in</body></html>",
        "[".repeat(10_000),
        "\ufeff{}",
        "nul",
      ),
      fc.json(),
      fc.string(),
      fc.record({
        slot_id: fc.oneof(fc.constant<string>(SLOT), fc.string()),
        slot_token: fc.oneof(fc.constant<string>(TOKEN), fc.anything()),
        status: fc.oneof(fc.constant("stored"), fc.integer()),
        pair_id: fc.oneof(fc.constant<string>(PAIR), fc.string()),
        ok: fc.boolean(),
        event_count: fc.oneof(fc.nat(), fc.double()),
      }, { requiredKeys: [] }).map((value) => JSON.stringify(value) ?? ""),
      fc.uint8Array(),
    ),
  });
  await fc.assert(
    fc.asyncProperty(answers, async ({ status, body }) => {
      const world = fakeWorld();
      const isEmpty = status === 204;
      const host = () =>
        new Response(isEmpty ? null : typeof body === "string" ? body : body.slice(), { status });
      world.platform.net.serve(RELAY, host);
      const url = parseRelayUrl(RELAY);
      assert.ok(url !== undefined);
      for (const call of everyCall(new RelayClient(url, world.platform))) {
        try {
          await call();
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
          assert.ok(["relay_status", "relay_garbage"].includes(error.code), error.code);
          assert.doesNotMatch(error.message, /\p{Cc}/u);
          assert.ok(error.message.length < 1_000);
        }
      }
    }),
    { numRuns: testRuns(60) },
  );
});

const everyCall = (relay: RelayClient): readonly (() => Promise<unknown>)[] => [
  () => relay.health(),
  () => relay.info(),
  () => relay.allocate(),
  () => relay.postEvent(SLOT, TOKEN, "{}"),
  () => relay.listEvents(SLOT, TOKEN, { limit: 10 }),
  () => relay.slotState(SLOT, TOKEN),
  () => relay.setResponderHealth(SLOT, TOKEN, { status: "online", set_at: "t" }),
  () => relay.pairOpen(CODE_HASH, "host", { msg: "" }),
  () => relay.pairGet(PAIR, "host"),
  () => relay.pairBootstrap(PAIR, "host", { sealed: "" }),
  () => relay.pairAbandon(CODE_HASH),
  () => Array.fromAsync(relay.stream(SLOT, TOKEN, new AbortController().signal)),
];
