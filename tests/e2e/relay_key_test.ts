/**
 * The key of a published relay over everything that an operator does with its data, and that nobody
 * is ever shown it.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { checkReceipt, parseRelayKey } from "../../protocol/receipt.ts";
import { relayKeyKey } from "../../store/relay_key/kv_relay_key.ts";
import { type Home, World } from "./world.ts";

/** Asks it for everything that strangers may see. */
const SHOWN = [
  "/v1/relay",
  "/healthz",
  "/readyz",
  "/stats.json",
  "/stats.html",
  "/openapi.json",
  "/",
];

interface Visit {
  readonly key: string;
  /** Everything that it has answered and printed. */
  readonly said: string;
}

/** Starts a relay on that directory, gets a receipt, looks at all of it, and stops it. */
async function visit(home: Home, data: string): Promise<Visit> {
  const args = ["relay-server", "--bind", "127.0.0.1:0", "--data", data];
  const metrics = ["--metrics-bind", "127.0.0.1:0"];
  await using relay = home.start([...args, ...metrics], { env: { WIRE_LOG: "debug" } });
  const [, port] = await relay.line("stderr", /^wire relay-server listening on 127\.0\.0\.1:(\d+)/);
  const url = `http://127.0.0.1:${port}`;
  let said = "";
  for (const path of SHOWN) said += await (await fetch(url + path)).text();
  const key = JSON.parse(await (await fetch(`${url}/v1/relay`)).text()).relay_key;
  said += await receiptFrom(url, key);
  relay.kill("SIGTERM");
  const { code, stdout, stderr } = await relay.finished();
  assert.equal(code, 0, stderr);
  return { key, said: said + stdout + stderr };
}

async function receiptFrom(url: string, keyText: string): Promise<string> {
  const made = await fetch(`${url}/v1/slot/allocate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { slot_id: slotId, slot_token: token } = await made.json();
  const eventId = createHash("sha256").update('{"n":1}').digest("hex");
  const answer = await fetch(`${url}/v1/events/${slotId}`, {
    method: "POST",
    headers: {
      "authorization": `Bearer ${token}`,
      "content-type": "application/json",
      "wire-receipt": url,
    },
    body: JSON.stringify({ event: { event_id: eventId, n: 1 } }),
  });
  const text = await answer.text();
  const key = parseRelayKey(keyText);
  assert.ok(key !== undefined);
  assert.ok(checkReceipt(JSON.parse(text).receipt, { relay: url, slotId, eventId }, key).ok, text);
  return text;
}

async function seedIn(data: string): Promise<Uint8Array> {
  using kv = await Deno.openKv(`${data}/relay.kv`);
  const { value } = await kv.get<{ readonly seed: Uint8Array }>(relayKeyKey);
  assert.ok(value !== null);
  return value.seed;
}

Deno.test("P5: a relay keeps its key over restart, copy, compact and import, and shows it to nobody", async () => {
  await using world = await World.create();
  const home = world.home("relay-home");
  const data = `${world.directory}/data`;
  const first = await visit(home, data);
  for await (const { name } of Deno.readDir(data)) {
    const { mode } = await Deno.stat(`${data}/${name}`);
    assert.equal((mode ?? 0) & 0o077, 0, name);
  }
  assert.equal(((await Deno.stat(data)).mode ?? 0) & 0o777, 0o700);

  const old = `${world.directory}/old`;
  await Deno.mkdir(old);
  await Deno.writeTextFile(
    `${old}/tokens.json`,
    JSON.stringify({ [`${"a".repeat(32)}`]: "1".repeat(64) }),
  );
  let said = first.said;
  for (
    const args of [["stats"], ["slots"], ["check"], ["compact"], ["import", old, "--write"], [
      "check",
    ]]
  ) {
    const { code, stdout, stderr } = await home.run([
      "relay-admin",
      ...args,
      "--json",
      "--data",
      data,
    ]);
    assert.equal(code, 0, stderr);
    said += stdout + stderr;
  }
  const copy = `${world.directory}/copy`;
  await Deno.mkdir(copy);
  for await (const { name } of Deno.readDir(data)) {
    await Deno.copyFile(`${data}/${name}`, `${copy}/${name}`);
  }
  const [again, restored] = [await visit(home, data), await visit(home, copy)];
  assert.deepEqual([again.key, restored.key], [first.key, first.key]);

  const seed = await seedIn(data);
  said += again.said + restored.said;
  for (const form of [seed.toHex(), seed.toBase64().replace(/=+$/, ""), [...seed].join(",")]) {
    assert.ok(!said.includes(form), "the seed was shown");
  }
});

Deno.test("P7: a relay whose key is damaged does not start, and check says so", async () => {
  await using world = await World.create();
  const home = world.home("relay-home");
  const data = `${world.directory}/data`;
  await visit(home, data);
  {
    using kv = await Deno.openKv(`${data}/relay.kv`);
    await kv.set(relayKeyKey, { seed: new Uint8Array(3) });
  }
  const { code, stderr } = await home.run([
    "relay-server",
    "--bind",
    "127.0.0.1:0",
    "--data",
    data,
  ]);
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /^error: Cannot read the relay's store: the record of the relay's key is not one/,
  );
  const check = await home.run(["relay-admin", "check", "--json", "--data", data]);
  assert.equal(check.code, 7);
  assert.equal(JSON.parse(check.stdout).problems[0].place, "the relay's key");
});
