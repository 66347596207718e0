/** A relay that is told to stop and started again while everybody goes on posting to it. */
import assert from "node:assert/strict";
import path from "node:path";
import { startWire, type WireProcess } from "../../scripts/wire_process.ts";

const POSTERS = 8;
const RESTARTS = 3;
/** Acknowledged between one stop and the next. */
const EVENTS = 150;

interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

async function start(home: string, port: string): Promise<{ relay: WireProcess; port: string }> {
  const args = ["relay-server", "--bind", `127.0.0.1:${port}`, "--data", path.join(home, "data")];
  const relay = startWire(args, { home });
  const [, bound = ""] = await relay.line("stderr", /listening on 127\.0\.0\.1:(\d+)/);
  return { relay, port: bound };
}

Deno.test("P1: restarts under load: posters see a reconnect, and every acknowledged event is there once", async () => {
  const home = await Deno.makeTempDir({ prefix: "wire-restart-" });
  using client = Deno.createHttpClient({});
  let up = Promise.withResolvers<void>();
  let { relay, port } = await start(home, "0");
  const url = `http://127.0.0.1:${port}`;
  try {
    up.resolve();
    const made = await fetch(`${url}/v1/slot/allocate`, {
      client,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const slot: Slot = await made.json();
    const acknowledged = new Set<string>();
    let enough = Promise.withResolvers<void>();
    let isDone = false;
    let wanted = EVENTS;
    let reconnects = 0;

    const post = async (id: string): Promise<number> => {
      const response = await fetch(`${url}/v1/events/${slot.slot_id}`, {
        client,
        method: "POST",
        headers: {
          "authorization": `Bearer ${slot.slot_token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ event: { event_id: id, text: "x".repeat(500) } }),
      });
      await response.body?.cancel();
      return response.status;
    };
    /** Retries as a client does: the same event, once the relay is there again. */
    const poster = async (name: number): Promise<void> => {
      for (let i = 0; !isDone; i++) {
        const id = `p${name}-${i}`;
        for (;;) {
          try {
            const status = await post(id);
            assert.ok(status === 201 || status === 200, `a poster was answered ${status}`);
            break;
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
            reconnects++;
            await up.promise;
          }
        }
        acknowledged.add(id);
        if (acknowledged.size >= wanted) enough.resolve();
      }
    };
    const posters = Array.from({ length: POSTERS }, (_, name) => poster(name));
    const reached = () => Promise.race([enough.promise, ...posters]);

    for (let round = 0; round < RESTARTS; round++) {
      await reached();
      up = Promise.withResolvers();
      relay.kill("SIGTERM");
      const { code, stderr } = await relay.finished();
      await relay[Symbol.asyncDispose]();
      assert.equal(code, 0, stderr);
      const again = await start(home, port);
      assert.equal(again.port, port);
      relay = again.relay;
      wanted = acknowledged.size + EVENTS;
      enough = Promise.withResolvers();
      up.resolve();
    }
    await reached();
    isDone = true;
    await Promise.all(posters);

    const stored = await everything(url, slot, client);
    assert.equal(new Set(stored).size, stored.length, "an event is there twice");
    const there = new Set(stored);
    assert.deepEqual([...acknowledged].filter((id) => !there.has(id)), []);
    for (let name = 0; name < POSTERS; name++) {
      const own = stored.filter((id) => id.startsWith(`p${name}-`));
      assert.deepEqual(own, own.map((_, i) => `p${name}-${i}`), "not in the order of posting");
    }
    assert.ok(reconnects > 0, "nobody noticed a restart: there was no load");
  } finally {
    await relay[Symbol.asyncDispose]();
    await Deno.remove(home, { recursive: true });
  }
});

async function everything(url: string, slot: Slot, client: Deno.HttpClient): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const since = ids.length === 0 ? "" : `&since=${ids.at(-1)}`;
    const response = await fetch(`${url}/v1/events/${slot.slot_id}?limit=1000${since}`, {
      client,
      headers: { authorization: `Bearer ${slot.slot_token}` },
    });
    const page: { event_id: string }[] = await response.json();
    if (page.length === 0) return ids;
    ids.push(...page.map(({ event_id }) => event_id));
  }
}
