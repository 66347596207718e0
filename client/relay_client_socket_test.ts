/** The relay client over real sockets: what only a network does. */
import assert from "node:assert/strict";
import { realPlatform } from "../platform/real.ts";
import { TransportError } from "../platform/transport_error.ts";
import { isCodeHash, isSlotId, isSlotToken, parseRelayUrl } from "../protocol/ids.ts";
import { RelayClient, RelayStatusError } from "./relay_client.ts";

const SLOT = "5".repeat(32);
const TOKEN = "f".repeat(64);

interface Served extends AsyncDisposable {
  readonly relay: RelayClient;
  readonly port: number;
}

function serve(host: (request: Request) => Response | Promise<Response>): Served {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, host);
  const { port } = server.addr;
  return { relay: relayAt(port), port, [Symbol.asyncDispose]: () => server.shutdown() };
}

function relayAt(port: number): RelayClient {
  const url = parseRelayUrl(`http://127.0.0.1:${port}`);
  assert.ok(url !== undefined);
  return new RelayClient(url, realPlatform());
}

function ids() {
  assert.ok(isSlotId(SLOT) && isSlotToken(TOKEN));
  return { slot: SLOT, token: TOKEN };
}

async function transportFailure(work: Promise<unknown>): Promise<TransportError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}

Deno.test("lesson 50: a refused connection says `connect error`, the request and the cause", async () => {
  const { slot, token } = ids();
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const error = await transportFailure(relayAt(port).postEvent(slot, token, "{}"));
  assert.equal(error.failure, "connect");
  assert.match(
    error.message,
    /^connect error: POST http:\/\/127\.0\.0\.1:\d+\/v1\/events\/5+: .*refused/i,
  );
  assert.match(error.hint ?? "", /healthz/);
});

Deno.test("a connection that ends inside a header or a body is a TransportError", async () => {
  const { slot, token } = ids();
  for (const reply of ["HTTP/1.1 20", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1,"]) {
    using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const answered = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4_096));
      await connection.write(new TextEncoder().encode(reply));
    })();
    const relay = relayAt(listener.addr.port);
    await transportFailure(relay.listEvents(slot, token, { limit: 10 }));
    await answered;
  }
});

Deno.test("P5: no call follows a redirect with a token, a grant or a code, and the error names the place", async () => {
  const { slot, token } = ids();
  const codeHash = "c".repeat(64);
  assert.ok(isCodeHash(codeHash));
  const seen: string[] = [];
  await using thief = serve((request) => {
    seen.push(request.url);
    return new Response("[]");
  });
  const place = `http://127.0.0.1:${thief.port}`;
  for (const status of [301, 302, 303, 307, 308]) {
    await using relay = serve((request) =>
      // What it was sent is repeated in the address, which must not be shown.
      new Response(null, {
        status,
        headers: { location: `${place}/${request.headers.get("authorization") ?? ""}?${token}` },
      })
    );
    const { relay: client } = relay;
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      list_events: () => client.listEvents(slot, token, { limit: 1 }),
      post_event: () => client.postEvent(slot, token, `{"body":{"slot_token":"${token}"}}`),
      pair_open: () => client.pairOpen(codeHash, "host", { msg: "m" }),
    };
    for (const [operation, call] of Object.entries(calls)) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof RelayStatusError);
        assert.equal(error.status, status);
        assert.match(error.message, new RegExp(`^${operation} failed: ${status} [A-Z]`));
        assert.ok(error.message.endsWith(`: not followed to ${place}`), error.message);
        return true;
      });
    }
  }
  assert.deepEqual(seen, []);
});

Deno.test("a stream over a socket opens, wakes, and is left when aborted", async () => {
  const { slot, token } = ids();
  const left = Promise.withResolvers<void>();
  await using served = serve((request) => {
    assert.equal(request.headers.get("accept"), "text/event-stream");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of ["da", 'ta: {"é":1}', "\n", "\n: alive\n\n"]) {
          controller.enqueue(new TextEncoder().encode(piece));
        }
      },
      cancel: () => left.resolve(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
  });
  const abort = new AbortController();
  const seen = new Set<string>();
  for await (const { tag } of served.relay.stream(slot, token, abort.signal)) {
    seen.add(tag);
    if (tag === "wake") abort.abort();
  }
  assert.deepEqual([...seen], ["open", "wake"]);
  await left.promise;
});
