/** `wire relay-admin` on the directory of a real relay: while it runs, after it, and after damage. */
import assert from "node:assert/strict";
import { type Home, World } from "./world.ts";

interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

async function post(url: string, path: string, body: unknown, token = ""): Promise<Response> {
  return await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
}

async function allocate(url: string): Promise<Slot> {
  return await (await post(url, "/v1/slot/allocate", { grants: true })).json();
}

Deno.test("relay-server --retain: the relay says how long it keeps what was read", async () => {
  await using world = await World.create();
  const home = world.home("relay-home");
  await using relay = home.start(["relay-server", "--bind", "127.0.0.1:0", "--retain", "30"]);
  const [, address] = await relay.line("stderr", /listening on (\S+)/);
  const { limits, features } = await (await fetch(`http://${address}/v1/relay`)).json();
  assert.equal(limits.retention_days, 30);
  assert.ok(features.includes("retention"));
  for (const days of ["0", "x"]) {
    const { code } = await home.run(["relay-server", "--retain", days]);
    assert.equal(code, 2);
  }
});

Deno.test("relay-admin: an operator looks, revokes, compacts and checks", async () => {
  await using world = await World.create();
  const data = ["--data", `${world.directory}/relay`];
  const operator = world.home("operator");
  const relay = await world.relay();
  const [kept, other] = [await allocate(relay.url), await allocate(relay.url)];
  const text = "x".repeat(100_000);
  for (const n of [1, 2, 3]) {
    const answer = await post(relay.url, `/v1/events/${kept.slot_id}`, {
      event: { n, text },
    }, kept.slot_token);
    assert.equal(answer.status, 201, await answer.text());
  }

  const held = await operator.run(["relay-admin", "check", ...data]);
  assert.equal(held.code, 1);
  assert.match(held.stderr, /^error: Cannot use the data directory .* held by wire relay-server/);
  assert.match(held.stderr, /stop the relay first/);

  relay.process.kill("SIGTERM");
  await relay.process.finished();
  const stats = await operator.record(["relay-admin", "stats", ...data]);
  assert.deepEqual([stats["slots"], stats["events"]], [2, 3]);
  const slots = await operator.list(["relay-admin", "slots", "--largest", ...data]);
  assert.deepEqual(slots.map(({ slot_id }) => slot_id), [kept.slot_id, other.slot_id]);
  const shown = await operator.ok(["relay-admin", "slots", ...data]);
  assert.ok(!(shown + JSON.stringify(slots)).includes(kept.slot_token));
  await operator.ok(["relay-admin", "revoke", other.slot_id, ...data]);
  await operator.ok(["relay-admin", "compact", ...data]);
  await operator.ok(["relay-admin", "check", ...data]);

  const again = await world.relay();
  const query = `${again.url}/v1/events/${other.slot_id}`;
  const answer = await fetch(query, { headers: { authorization: `Bearer ${other.slot_token}` } });
  assert.equal(answer.status, 410);
  await answer.body?.cancel();
  again.process.kill("SIGTERM");
  await again.process.finished();
  await damaged(operator, `${world.directory}/relay/relay.kv`, data);
});

async function damaged(operator: Home, file: string, data: readonly string[]): Promise<void> {
  const bytes = await Deno.readFile(file);
  const place = new TextDecoder("latin1").decode(bytes).indexOf("x".repeat(1_000));
  assert.ok(place > 0);
  bytes[place + 500] = 0x79;
  await Deno.writeFile(file, bytes);
  const found = await operator.run(["relay-admin", "check", "--json", ...data]);
  assert.equal(found.code, 7, found.stdout + found.stderr);
  const { damaged, problems } = JSON.parse(found.stdout);
  assert.ok(damaged);
  assert.match(problems[0].problem, /^event \d has other bytes than were stored$/);
  assert.match(found.stderr, /^error: the store is damaged: 1 found/);

  await Deno.writeFile(file, bytes.fill(0x55, 0, 5_000));
  const lost = await operator.run(["relay-admin", "check", "--json", ...data]);
  assert.equal(lost.code, 7, lost.stdout + lost.stderr);
}
