/** A relay of the reference is taken over: its mail is served byte for byte, and nothing is lost silently. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MemoryFiles } from "../../../platform/fake/memory_files.ts";
import { RealClock } from "../../../platform/real/clock.ts";
import { WireError } from "../../../protocol/errors.ts";
import { makeCard } from "../../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../../protocol/identity/keys.ts";
import { printJson } from "../../../protocol/json/print.ts";
import { type JsonObject, stringMember } from "../../../protocol/json/value.ts";
import { RelayWorld } from "../../../tests/relay/relay_world.ts";
import { KvDirectory } from "../../directory/kv_directory.ts";
import { KvSlotStore } from "../../slots/kv_slot_store.ts";
import { checkStore } from "../check_store.ts";
import { type Imported, importState } from "./import_state.ts";

const FROM = "/old";
const NOW = "2026-11-21T05:00:00Z";
const A = "a".repeat(32);
const B = "b".repeat(32);
const TOKEN_A = "1".repeat(64);
const TOKEN_B = "2".repeat(64);

const keys = (byte: number) => keyPairFromSeed(new Uint8Array(32).fill(byte));
const card = (handle: string, byte: number): JsonObject => makeCard({ handle, keys: keys(byte) });

function handle(nick: string, of: JsonObject, slot: string, did?: string): string {
  return JSON.stringify(
    {
      nick,
      did: did ?? stringMember(of, "did"),
      card: JSON.parse(printJson(of)),
      slot_id: slot,
      relay_url: "https://relay.example.org",
      claimed_at: "2026-01-02T03:04:05Z",
    },
    null,
    2,
  );
}

/** As the reference writes it: members sorted. */
function line(body: string): string {
  const id = createHash("sha256").update(`{"body":${body},"kind":1}`).digest("hex");
  return `{"body":${body},"event_id":"${id}","kind":1}`;
}

const LINES = [
  line('{"m":1e300,"n":1.0,"x":-0.0}'),
  line('"täg \\u0007 \\"quoted\\" 🦊"'),
  '{"body":"without an id"}',
  '{"body":"without an id"}',
  "null",
  line("[18446744073709551615,0.1,2.5e-7]"),
];

const COUNTERS = {
  events_posted_total: 900,
  handle_claims_total: 40,
  handle_first_claims_total: 30,
  pair_opens_total: 20,
  slot_allocations_total: 10,
};

/** The files of a relay of the reference that was killed while it wrote. */
function oldFiles(): Record<string, string> {
  return {
    "tokens.json": JSON.stringify({ [A]: TOKEN_A, [B]: TOKEN_B, "../x": "t" }, null, 2),
    [`slots/${A}.jsonl`]: [...LINES, '{"cut":', LINES[0], '{"body":"torn'].join("\n"),
    [`slots/${B}.jsonl`]: '{"body":"whole but for its line feed"}',
    [`slots/${"c".repeat(32)}.jsonl`]: "{}\n",
    "handles/alice.json": handle("alice", card("alice", 1), A),
    "handles/mallory.json": handle("mallory", card("mallory", 2), B, "did:wire:alice-00000000"),
    "handles/broken.json": "{",
    [`responder-health/${A}.json`]: '{"status":"ok","set_at":"2026-01-01T00:00:00Z"}',
    "invites.jsonl": [
      '{"token":"abc123","invite_url":"wire://pair?x","expires_unix":4000000000,' +
      '"uses_remaining":2,"created_unix":1}',
      '{"token":"abc124","invite_url":"wire://pair?y","expires_unix":1,' +
      '"uses_remaining":null,"created_unix":1}',
    ].join("\n") + "\n",
    "counters.json": JSON.stringify(COUNTERS),
    "stats-history.jsonl": [-900_000, -90, -60].map((seconds) =>
      JSON.stringify({
        ts: Date.parse(NOW) / 1_000 + seconds,
        handles_active: 1,
        slots_active: 2,
        pair_slots_open: 0,
        streams_active: 0,
        ...COUNTERS,
      })
    ).join("\n") + "\n",
  };
}

class Clock extends RealClock {
  override now(): number {
    return Date.parse(NOW);
  }
}

class ImportWorld implements AsyncDisposable {
  readonly clock = new Clock();
  readonly files = new MemoryFiles();

  private constructor(readonly kv: Deno.Kv) {}

  static async open(files: Record<string, string> = oldFiles()): Promise<ImportWorld> {
    const world = new ImportWorld(await Deno.openKv(":memory:"));
    await world.kv.set(["meta", "format"], 1);
    for (const [name, text] of Object.entries(files)) await world.put(name, text);
    return world;
  }

  async put(name: string, text: string): Promise<void> {
    const path = `${FROM}/${name}`;
    await this.files.ensureDirectory(path.slice(0, path.lastIndexOf("/")));
    await this.files.writeAtomic(path, text, { point: "test.old_state" });
  }

  run(options: { readonly isDryRun?: boolean } = {}): Promise<Imported> {
    return importState(
      { from: FROM, kv: this.kv, isShared: false, isDryRun: options.isDryRun ?? false },
      this,
    );
  }

  async rows(): Promise<number> {
    const keys = await Array.fromAsync(this.kv.list({ prefix: [] }));
    return keys.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.kv.close();
    return Promise.resolve();
  }
}

Deno.test("import: mail is served byte for byte to the old token, in its order", async () => {
  const world = await ImportWorld.open();
  await world.run();
  const { kv, clock } = world;
  const limits = { maxSlots: 9, maxSlotBytes: 1e6, maxHandles: 9, maxInvites: 9 };
  await using relay = new RelayWorld({}, {
    store: new KvSlotStore({ ...limits, kv, clock, isShared: false }),
    directory: new KvDirectory({ ...limits, kv }),
  });
  const { text } = await relay.list({ id: A, token: TOKEN_A });
  assert.equal(text, `[${LINES.join(",")}]`);
  const { text: other } = await relay.list({ id: B, token: TOKEN_B });
  assert.equal(other, '[{"body":"whole but for its line feed"}]');
  const again = await relay.post({ id: A, token: TOKEN_A }, LINES[0] ?? "");
  assert.equal(again.status, 200, "it is a duplicate, as it was");
  assert.equal((await relay.list({ id: A, token: TOKEN_B })).status, 403);
  const resolved = await relay.call("/.well-known/wire/agent?handle=alice");
  assert.equal(JSON.parse(resolved.text).slot_id, A);
  const state = await relay.call(`/v1/slot/${A}/state`, { token: TOKEN_A });
  assert.equal(JSON.parse(state.text).responder_health.status, "ok");
  const refused = await relay.call(`/v1/slot/${A}/grants`, { token: TOKEN_A, body: {} });
  assert.equal(refused.status, 403, "its token may be in any peer's hands: class shared");
});

Deno.test("import: says what it took and what it left out, and never a token", async () => {
  await using world = await ImportWorld.open();
  const { skipped, counters, ...counts } = await world.run();
  assert.deepEqual(counts, {
    slots: 2,
    slotsNew: 2,
    events: 8,
    eventsNew: 7,
    healthNew: 1,
    nicks: 1,
    nicksNew: 1,
    invites: 1,
    invitesNew: 1,
    history: 2,
  });
  assert.deepEqual(counters, COUNTERS);
  const said = skipped.map(({ file, reason }) => `${file}: ${reason}`);
  for (
    const wanted of [
      /^tokens\.json: "\.\.\/x" is no slot id/,
      /^slots\/c+\.jsonl: no token leads to it/,
      /^slots\/a+\.jsonl: line 7 \(7 bytes\) is no JSON/,
      /^slots\/a+\.jsonl: its last line was cut off after 13 bytes/,
      /^handles\/mallory\.json: its card is of did:wire:mallory-/,
      /^handles\/broken\.json: /,
    ]
  ) assert.ok(said.some((line) => wanted.test(line)), `${wanted} in\n${said.join("\n")}`);
  assert.equal(said.length, 6, said.join("\n"));
  assert.ok(!JSON.stringify([skipped, counts]).includes(TOKEN_A));
  for await (const { value } of world.kv.list({ prefix: [] })) {
    assert.ok(!Deno.inspect(value).includes(TOKEN_A), "tokens are stored as hashes only");
  }
});

Deno.test("import: what it leaves is a sound store, with counters and history", async () => {
  await using world = await ImportWorld.open();
  await world.run();
  const { problems, events } = await checkStore(world.kv, world.clock.now());
  assert.deepEqual(problems, []);
  assert.equal(events, 7);
  const { value } = await world.kv.get<Deno.KvU64>(["count", "events_posted_total"]);
  assert.equal(value?.value, 900n);
  const rows = await Array.fromAsync(world.kv.list({ prefix: ["stats"] }));
  assert.equal(rows.length, 2, "a row a minute, of the last week");
});

Deno.test("import: a dry run says the same and writes nothing", async () => {
  await using world = await ImportWorld.open();
  const { skipped: _, ...tried } = await world.run({ isDryRun: true });
  assert.equal(await world.rows(), 1, "the format, as it was");
  const { skipped: __, ...done } = await world.run();
  assert.deepEqual(tried, done);
});

Deno.test("import: again adds only what has come since", async () => {
  await using world = await ImportWorld.open();
  await world.run();
  const rows = await world.rows();
  const again = await world.run();
  assert.deepEqual(
    [again.slotsNew, again.eventsNew, again.nicksNew, again.healthNew, again.invitesNew],
    [0, 0, 0, 0, 0],
  );
  assert.equal(await world.rows(), rows);
  const more = [...LINES, line('"later"'), '{"body":"without an id"}'].join("\n") + "\n";
  await world.put(`slots/${A}.jsonl`, more);
  assert.equal((await world.run({ isDryRun: true })).eventsNew, 2);
  assert.equal((await world.run()).eventsNew, 2);
  assert.equal((await world.run()).eventsNew, 0);
});

Deno.test("import: a slot or a nick of somebody else's stays theirs", async () => {
  await using world = await ImportWorld.open();
  await world.run();
  await world.put("tokens.json", JSON.stringify({ [A]: TOKEN_B, [B]: TOKEN_B }));
  await world.put("handles/alice.json", handle("alice", card("alice", 9), A));
  const { skipped, slots } = await world.run();
  assert.equal(slots, 1);
  const said = skipped.map(({ reason }) => reason).join("\n");
  assert.match(said, /slot a+ is here already, with another token/);
  assert.match(said, /alice is another's here/);
});

Deno.test("import: without readable tokens nothing is taken over", async () => {
  for (
    const [tokens, code] of [[undefined, "not_found"], ["{", "unreadable"], ["[1]", "unreadable"]]
  ) {
    await using world = await ImportWorld.open(
      tokens === undefined ? {} : { "tokens.json": tokens },
    );
    await assert.rejects(
      world.run(),
      (error) => error instanceof WireError && error.code === code && !error.message.includes("\n"),
    );
    assert.equal(await world.rows(), 1);
  }
});
