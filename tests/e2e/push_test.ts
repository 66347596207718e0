/** Two daemons and a relay as processes: mail is pushed over one WebSocket each. */
import assert from "node:assert/strict";
import { crashRounds } from "../runs.ts";
import { forwardProxy } from "./forward_proxy.ts";
import { pairHomes } from "./pairing.ts";
import { type Home, World } from "./world.ts";

/** How mail comes, as `status` tells; once the daemon has decided. */
async function transports(home: Home): Promise<readonly string[]> {
  for (;;) {
    const { daemon } = await home.record(["status"]);
    const found: unknown = Reflect.get(Object(daemon), "transports");
    if (!Array.isArray(found)) continue;
    return found.map(({ transport, why }) =>
      why === undefined ? transport : `${transport}: ${why}`
    );
  }
}

const bodies = (tailed: string): unknown[] =>
  tailed.trimEnd().split("\n").map((line) => JSON.parse(line).body);

Deno.test("P1: relays that stop or are killed, again and again: push goes on, each message once", async () => {
  await using world = await World.create();
  let relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  await Promise.all([alice.daemon(), bob.daemon()]);
  const monitor = bob.monitor();
  await alice.ok(["send", "bob", "begin"]);
  await monitor.line("stdout", /"body_preview":"begin"/);
  assert.deepEqual(await transports(bob), ["websocket"]);
  const sent = ["begin"];
  for (let round = 0; round < crashRounds(1); round++) {
    relay.process.kill(round % 2 === 0 ? "SIGTERM" : "SIGKILL");
    const away = `away ${round}`;
    await Promise.all([relay.process.finished(), alice.ok(["send", "bob", away])]);
    relay = await world.relay(relay.address);
    await monitor.line("stdout", new RegExp(`"body_preview":"${away}"`));
    sent.push(away);
  }
  await alice.ok(["send", "bob", "end"]);
  await monitor.line("stdout", /"body_preview":"end"/);
  assert.deepEqual(bodies(await bob.ok(["tail", "--json", "--limit", "1000"])), [...sent, "end"]);
});

Deno.test("through a proxy the WebSocket is connected; where that is refused, mail comes by stream and it is said", async () => {
  await using world = await World.create();
  await using proxy = await forwardProxy({ mayConnect: true });
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  await alice.daemon();
  for (const mayConnect of [true, false]) {
    proxy.mayConnect = mayConnect;
    const daemon = bob.start(["daemon"], { env: { http_proxy: proxy.url } });
    await daemon.line("stderr", /daemon: up/);
    const [transport = ""] = await transports(bob);
    assert.match(transport, mayConnect ? /^websocket$/ : /^event_stream: .*CONNECT with 403$/);
    const monitor = bob.monitor();
    await alice.ok(["send", "bob", `proxied ${mayConnect}`]);
    await monitor.line("stdout", new RegExp(`"body_preview":"proxied ${mayConnect}"`));
    daemon.kill("SIGTERM");
    const { stderr } = await daemon.finished();
    const told = /^.*mail at http:\/\/\S+ now comes by event stream \(.*CONNECT with 403\)$/m;
    assert.equal(told.test(stderr), !mayConnect, stderr);
  }
  assert.ok(proxy.connected > 0);
});
