/** The relay behind `Deno.serve`, as on Deno Deploy: routes, streams and sockets over real HTTP. */
import assert from "node:assert/strict";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { deployRelay } from "../../relay/deploy.ts";
import { Wire } from "../cluster/wire_socket.ts";

interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

/** Serves one store twice, as two instances of a deployment. */
class Deployment implements AsyncDisposable {
  private constructor(readonly urls: readonly string[], readonly stack: AsyncDisposableStack) {}

  static async start(): Promise<Deployment> {
    const stack = new AsyncDisposableStack();
    const directory = await Deno.makeTempDir({ prefix: "wire-deploy-" });
    stack.defer(() => Deno.remove(directory, { recursive: true }));
    const urls: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { close, fetch } = deployRelay({
        platform: fakePlatform({ clock: new RealClock() }),
        kv: await Deno.openKv(`${directory}/kv`),
        watching: await Deno.openKv(`${directory}/kv`),
        upgradeWebSocket: (request, options) => Deno.upgradeWebSocket(request, options),
      });
      const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
      const server = Deno.serve(listen, fetch);
      stack.defer(() => server.shutdown());
      stack.defer(close);
      urls.push(`http://127.0.0.1:${server.addr.port}`);
    }
    return new Deployment(urls, stack);
  }

  url(instance: number, path: string): string {
    return `${this.urls[instance]}${path}`;
  }

  async allocate(): Promise<Slot> {
    const response = await fetch(this.url(0, "/v1/slot/allocate"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"grants":true}',
    });
    return await response.json();
  }

  async post(instance: number, slot: Slot, event: string): Promise<number> {
    const response = await fetch(this.url(instance, `/v1/events/${slot.slot_id}`), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${slot.slot_token}` },
      body: `{"event":${event}}`,
    });
    await response.body?.cancel();
    return response.status;
  }

  socket(instance: number): Promise<Wire> {
    return Wire.connect(new URL(this.url(instance, "/v1/ws").replace("http", "ws")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

/** Resolves with the code of the close. */
function closed({ socket }: Wire): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.addEventListener("close", ({ code }) => resolve(code), { once: true });
  return promise;
}

Deno.test("deploy: what is posted to one instance is pushed by it, and read from the other", async () => {
  await using world = await Deployment.start();
  const slot = await world.allocate();
  const stream = await fetch(world.url(0, `/v1/events/${slot.slot_id}/stream`), {
    headers: { authorization: `Bearer ${slot.slot_token}` },
  });
  assert.ok(stream.body);
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal(await world.post(0, slot, '{"event_id":"e1"}'), 201);
  assert.match((await reader.read()).value ?? "", /^data: \{"event_id":"e1"\}\n\n$/);
  assert.equal(await world.post(1, slot, '{"event_id":"e1"}'), 200);
  await reader.cancel();
});

Deno.test("deploy: a socket opens, publishes, hears the backlog and what follows, and closes", async () => {
  await using world = await Deployment.start();
  const { slot_id: slot, slot_token: token } = await world.allocate();
  using reading = await world.socket(0);
  reading.send({ op: "open", ref: 1, slot, token, since: null });
  await reading.next("live");
  using writing = await world.socket(0);
  const events = Array.from({ length: 200 }, (_, n) => ({ event_id: `e${n}` }));
  writing.send({ op: "publish", ref: 2, slot, token, events });
  await writing.next("published");
  const seqs: number[] = [];
  while (seqs.length < 200) {
    seqs.push(...(await reading.next("events")).events?.map(({ seq }) => seq) ?? []);
  }
  assert.deepEqual(seqs, Array.from({ length: 200 }, (_, i) => i + 1));
  reading.send({ op: "ping", ref: 3 });
  await reading.next("pong");
});

Deno.test("deploy: a message that is too large closes 1009", async () => {
  await using world = await Deployment.start();
  using large = await world.socket(0);
  const over = closed(large);
  large.socket.send("x".repeat(1_048_577));
  assert.equal(await over, 1009);
});

Deno.test("deploy: an upgrade without the subprotocol, and a plain request, are 400", async () => {
  await using world = await Deployment.start();
  await assert.rejects(
    new Promise((resolve, reject) => {
      const socket = new WebSocket(world.url(0, "/v1/ws").replace("http", "ws"), "other");
      socket.onopen = resolve;
      socket.onerror = reject;
    }),
  );
  const plain = await fetch(world.url(0, "/v1/ws"));
  assert.equal(plain.status, 400);
  await plain.body?.cancel();
});

Deno.test("deploy: when the relay stops, sockets are told to come back", async () => {
  await using world = await Deployment.start();
  using socket = await world.socket(0);
  socket.send({ op: "ping", ref: 1 });
  await socket.next("pong"); // the relay knows of it
  const code = closed(socket);
  await world.stack.disposeAsync();
  assert.equal(await code, 1012);
});
