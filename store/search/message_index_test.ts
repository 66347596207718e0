/** The index on a real disk: its mode, damage of any kind, several at once, and a crash at any row. */
import assert from "node:assert/strict";
import path from "node:path";
import type { Database } from "../../platform/databases.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { RealDatabases } from "../../platform/real/databases.ts";
import { RealFiles } from "../../platform/real/files.ts";
import { isHandle } from "../../protocol/ids.ts";
import { findMessages } from "./find_messages.ts";
import { catchUp, messageIndexAt } from "./message_index.ts";
import { Rebuildable } from "./rebuildable.ts";
import type { Source } from "./sources.ts";

const files = new RealFiles(new RealClock());
const databases = new RealDatabases();

async function fresh(lines: number) {
  const directory = await Deno.makeTempDir({ prefix: "wire-search-" });
  const peer = "bob";
  assert.ok(isHandle(peer));
  const file = path.join(directory, "bob.jsonl");
  const source: Source = { name: "in/bob", peer, direction: "in", path: file };
  const add = async (from: number, count: number) => {
    const text = Array.from({ length: count }, (_, index) => {
      const event_id = (from + index).toString(16).padStart(64, "0");
      return `{"body":"word ${from + index}","event_id":"${event_id}","kind":1,"type":"note"}\n`;
    }).join("");
    await Deno.writeTextFile(file, text, { append: true });
  };
  await add(0, lines);
  const options = messageIndexAt(directory);
  return {
    options,
    source,
    add,
    index: new Rebuildable(databases, files, options),
    catchUp: (database: Database) => catchUp(database, [source], { files, nowMs: 0 }),
    count: (database: Database) =>
      Number(database.all("SELECT count(*) AS n FROM body WHERE body MATCH 'word'")[0]?.["n"]),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

const modeOf = (file: string): number => (Deno.statSync(file).mode ?? 0) & 0o777;

Deno.test("P5: the index and what SQLite keeps beside it are closed to others", async () => {
  await using world = await fresh(10);
  using database = await world.index.open();
  await world.catchUp(database);
  const directory = path.dirname(world.options.path);
  assert.equal(modeOf(directory), 0o700);
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assert.ok(names.some((name) => name.endsWith("-wal")));
  for (const name of names) {
    assert.equal(modeOf(path.join(directory, name)), 0o600, name);
  }
});

Deno.test("search: whatever is done to the index's file, the next use has everything again", async () => {
  await using world = await fresh(2_500);
  const all = () =>
    world.index.use(async (database) => {
      await world.catchUp(database);
      return world.count(database);
    });
  assert.equal(await all(), 2_500);
  const { path: file } = world.options;
  const whole = await Deno.readFile(file);
  const damages: Readonly<Record<string, Uint8Array>> = {
    "empty": new Uint8Array(0),
    "text": new TextEncoder().encode("not a database, but longer than a header".repeat(10)),
    "half": whole.slice(0, whole.length >> 1),
    "noise inside": whole.map((byte, at) => at > 4_096 ? byte ^ 0xa5 : byte),
    "noise in the header": whole.map((byte, at) => at < 100 ? byte ^ 0xff : byte),
  };
  for (const [damage, bytes] of Object.entries(damages)) {
    await databases.remove(file);
    await Deno.writeFile(file, bytes);
    assert.equal(await all(), 2_500, damage);
  }
});

Deno.test("search: the newest of thousands that match are found, each with its own snippet", async () => {
  await using world = await fresh(3_000);
  using database = await world.index.open();
  await world.catchUp(database);
  const found = findMessages(database, { expression: '"word"', sources: ["in/bob"], limit: 2 });
  assert.deepEqual(found.map(({ snippet }) => snippet), ["word 2999", "word 2998"]);
});

Deno.test("search: two that index at once give each message once", async () => {
  await using world = await fresh(5_000);
  using one = await world.index.open();
  using other = await world.index.open();
  await Promise.all([world.catchUp(one), world.catchUp(other)]);
  await Promise.all([world.catchUp(one), world.catchUp(other)]);
  assert.equal(world.count(one), 5_000);
  assert.equal(world.count(other), 5_000);
});

Deno.test("search: killed between any two batches, the index goes on where it was", async () => {
  await using world = await fresh(3_500);
  for (let batches = 1; batches <= 3; batches++) {
    const killed = new AbortController();
    let seen = 0;
    using database = await world.index.open();
    const dying = catchUp(database, [world.source], {
      files,
      nowMs: 0,
      signal: killed.signal,
      onProgress: () => void (++seen === batches && killed.abort(new Error("killed"))),
    });
    await assert.rejects(dying, /killed/);
    assert.equal(world.count(database), batches * 1_000);
    await world.index.discard();
  }
  using database = await world.index.open();
  await world.catchUp(database);
  await world.add(3_500, 10);
  await world.catchUp(database);
  assert.equal(world.count(database), 3_510);
});
