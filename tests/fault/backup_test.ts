/**
 * P1 over a backup: what docs/relay.md says about copying the data directory, after a stop and while
 * the relay takes events. Everything that was answered before the copy is in it.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { RealFiles } from "../../platform/real/files.ts";
import { RealRandom } from "../../platform/real/random.ts";
import { type RunningRelay, startRelay } from "../../relay/serve.ts";

interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

function start(dataDirectory: string): Promise<RunningRelay> {
  const clock = new RealClock();
  const platform = fakePlatform({ clock, files: new RealFiles(clock), random: new RealRandom() });
  return startRelay({ bind: "127.0.0.1:0", localOnly: false, dataDirectory }, platform);
}

async function call<T>(url: string, { token, body }: {
  readonly token?: string;
  readonly body?: string;
}): Promise<T> {
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body }),
  });
  assert.ok(response.ok, `${response.status}`);
  return await response.json();
}

const post = (relay: RunningRelay, { slot_id, slot_token }: Slot, id: string): Promise<unknown> =>
  call(`${relay.url}/v1/events/${slot_id}`, {
    token: slot_token,
    body: `{"event":{"event_id":"${id}","z":"${"x".repeat(5_000)}"}}`,
  });

async function stored(relay: RunningRelay, { slot_id, slot_token }: Slot): Promise<string[]> {
  const url = `${relay.url}/v1/events/${slot_id}?limit=1000`;
  const events: { event_id: string }[] = await call(url, { token: slot_token });
  return events.map(({ event_id }) => event_id);
}

const ids = (prefix: string): string[] => Array.from({ length: 100 }, (_, n) => `${prefix}${n}`);

/** A relay with mail, a copy made by `copy` while more comes in, and the copy served. */
async function restored(
  isStopped: boolean,
  copy: (from: string, to: string) => Promise<void>,
): Promise<readonly string[]> {
  const directory = await Deno.makeTempDir({ prefix: "wire-backup-" });
  try {
    const [data, backup] = [`${directory}/relay`, `${directory}/backup`];
    const relay = await start(data);
    const slot = await call<Slot>(`${relay.url}/v1/slot/allocate`, { body: "{}" });
    await Promise.all(ids("before").map((id) => post(relay, slot, id)));
    if (isStopped) {
      await relay.close();
      await copy(data, backup);
    } else {
      const later = Promise.all(ids("during").map((id) => post(relay, slot, id)));
      await copy(data, backup);
      await later;
      await relay.close();
    }
    const again = await start(backup);
    try {
      const events = await stored(again, slot);
      await post(again, slot, "after");
      assert.equal((await stored(again, slot)).at(-1), "after");
      return events;
    } finally {
      await again.close();
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("P1: the data directory copied after a stop serves everything that was answered", async () => {
  const isStopped = true;
  const events = await restored(isStopped, async (from, to) => {
    await Deno.mkdir(to);
    for await (const { name } of Deno.readDir(from)) {
      await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    }
  });
  assert.deepEqual(events.toSorted(), ids("before").toSorted());
});

Deno.test("P1: SQLite's own copy of a running relay serves what was answered before it", async () => {
  const isStopped = false;
  const events = await restored(isStopped, async (from, to) => {
    await Deno.mkdir(to);
    await Deno.copyFile(`${from}/store.json`, `${to}/store.json`);
    using database = new DatabaseSync(`${from}/relay.kv`, { readOnly: true });
    database.prepare("VACUUM INTO ?").run(`${to}/relay.kv`);
  });
  const kept = new Set(events);
  assert.equal(kept.size, events.length);
  assert.ok(ids("before").every((id) => kept.has(id)));
});
