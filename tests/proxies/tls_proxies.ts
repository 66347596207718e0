/** The relay behind the proxies that docs/relay.md shows: TLS, a stream, a WebSocket, the source. */
import assert from "node:assert/strict";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { startWire } from "../../scripts/wire_process.ts";
import { isInstalled, type ProxyName, TlsProxy } from "./tls_proxy.ts";

const AUTHORITY = Deno.readTextFileSync(
  new URL("../fixtures/tls/authority.pem", import.meta.url),
);

interface Behind extends AsyncDisposable {
  readonly url: string;
  readonly client: Deno.HttpClient;
}

async function behind(name: ProxyName): Promise<Behind> {
  await using stack = new AsyncDisposableStack();
  const home = await Deno.makeTempDir({ prefix: "wire-behind-" });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const relay = stack.use(startWire([
    "relay-server",
    ...["--bind", "127.0.0.1:0", "--data", `${home}/relay`],
    ...["--allow-host", "localhost", "--trust-proxy", "x-forwarded-for"],
  ], { home }));
  const [, address = ""] = await relay.line("stderr", /listening on (\S+)/);
  const proxy = stack.use(await TlsProxy.start(name, address));
  const client = Deno.createHttpClient({ caCerts: [AUTHORITY] });
  stack.defer(() => client.close());
  const kept = stack.move();
  return {
    url: `https://localhost:${proxy.port}`,
    client,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

for (const name of ["caddy", "nginx"] as const) {
  Deno.test({
    name: `proxies: ${name} as docs/relay.md has it passes posts, a stream and a socket at once`,
    ignore: !isInstalled(name),
    async fn() {
      await using world = await behind(name);
      const { url, client } = world;
      const post = (path: string, body: string, token?: string): Promise<Response> =>
        fetch(url + path, {
          method: "POST",
          client,
          body,
          headers: {
            "content-type": "application/json",
            // Must not become the source that the limits count.
            "x-forwarded-for": "203.0.113.7",
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
        });
      const allocated = await (await post("/v1/slot/allocate", '{"grants":true}')).json();
      const { slot_id: slot, slot_token: token } = allocated;

      const stream = await fetch(`${url}/v1/events/${slot}/stream`, {
        client,
        headers: { authorization: `Bearer ${token}` },
      });
      assert.equal(stream.status, 200);
      assert.ok(stream.body);
      const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();

      const socket = new WebSocket(`${url.replace("https", "wss")}/v1/ws`, "wire.v1", {
        ca: AUTHORITY,
      });
      const frames = framesOf(socket);
      await frames.opened;
      socket.send(JSON.stringify({ op: "open", ref: 1, slot, token, since: null }));
      assert.equal((await frames.next()).op, "opened");
      assert.equal((await frames.next()).op, "live");

      for (let n = 0; n < 3; n++) {
        const answer = await post(`/v1/events/${slot}`, `{"event":{"event_id":"e${n}"}}`, token);
        assert.equal(answer.status, 201, await answer.text());
        // The next is posted only when this one has come out: nothing lies in a buffer.
        assert.match((await reader.read()).value ?? "", new RegExp(`"event_id":"e${n}"`));
        assert.equal((await frames.next()).op, "events");
      }
      await reader.cancel();
      const large = "x".repeat(250_000);
      const fits = await post(`/v1/events/${slot}`, `{"event":{"z":"${large}"}}`, token);
      assert.equal(fits.status, 201, await fits.text());
      socket.terminate();
      await frames.closed;

      // 50 creations at once are each source's own; a made-up header makes no new source.
      const statuses = await Promise.all(Array.from({ length: 80 }, async () => {
        const answer = await post("/v1/slot/allocate", "{}");
        await answer.body?.cancel();
        return answer.status;
      }));
      assert.ok(statuses.includes(429), "the proxy's own header counts");
    },
  });
}

function framesOf(socket: WebSocket) {
  const waiting: { op: string }[] = [];
  let arrived = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.on("open", () => opened.resolve());
  socket.on("error", (error) => {
    opened.reject(error);
    arrived.reject(error);
  });
  socket.on("close", () => closed.resolve());
  socket.on("message", (data) => {
    waiting.push(JSON.parse(String(data)));
    arrived.resolve();
  });
  return {
    opened: opened.promise,
    closed: closed.promise,
    async next(): Promise<{ op: string }> {
      for (;;) {
        const frame = waiting.shift();
        if (frame !== undefined) return frame;
        await arrived.promise;
        arrived = Promise.withResolvers();
      }
    },
  };
}
