import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { isHandle } from "../../protocol/ids.ts";
import { openHome } from "./home.ts";
import {
  InboundRequest,
  MAX_PENDING,
  PendingInbound,
  RequestsUnreadable,
} from "./pending_inbound.ts";

const platformOf = () => fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/alice" } }) });

const request = (handle: string, event: string): InboundRequest =>
  InboundRequest.parse({
    peer_handle: handle,
    peer_did: `did:wire:${handle}-00000000`,
    peer_card: {},
    peer_relay_url: "http://relay.test",
    peer_slot_id: "",
    peer_slot_token: "",
    peer_endpoints: [],
    event_id: event,
    event_timestamp: "",
    received_at: `2026-01-01T00:00:00.${event.padStart(9, "0")}Z`,
  });

const bob = request("bob", "1");

const cases = {
  "inbound.request": (store: PendingInbound) => store.offer(request("carol", "9")),
  "inbound.handled": (store: PendingInbound) => store.markHandled("9"),
  "inbound.accepted": (store: PendingInbound) => store.finish(bob),
  "inbound.rejected": (store: PendingInbound) => store.reject(bob.peer_handle),
};

for (const [point, work] of Object.entries(cases)) {
  Deno.test(`P1: killed at ${point}, again ends as it would have`, async () => {
    for (const moment of ["before", "after"] as const) {
      const ends = [];
      for (const isKilled of [true, false]) {
        const platform = platformOf();
        const store = new PendingInbound(openHome(platform));
        await store.offer(bob);
        if (isKilled) {
          const files = new FaultFiles(platform.files).crashAt({ point }, moment);
          const dying = new PendingInbound(openHome({ ...platform, files }));
          await assert.rejects(work(dying), { name: "Crash" });
        }
        await work(store);
        await store.offer(bob);
        ends.push((await store.list()).map((it) => it.peer_handle));
      }
      assert.deepEqual(ends[0], ends[1], moment);
    }
  });
}

Deno.test("P1: killed at inbound.evict, the bound holds and the new request is there", async () => {
  const point = "inbound.evict";
  for (const moment of ["before", "after"] as const) {
    const platform = platformOf();
    const store = new PendingInbound(openHome(platform));
    for (let n = 0; n < MAX_PENDING; n++) await store.offer(request(`p${n}`, `${n}`));
    const files = new FaultFiles(platform.files).crashAt({ point }, moment);
    const late = request("late", "999");
    await assert.rejects(new PendingInbound(openHome({ ...platform, files })).offer(late), {
      name: "Crash",
    });
    assert.equal(await store.offer(late), "new");
    const names = (await store.list()).map((it) => it.peer_handle);
    assert.equal(names.length, MAX_PENDING);
    assert.ok(!names.some((name) => name === "p0") && names.some((name) => name === "late"));
  }
});

Deno.test("a notice lost by a crash comes again: an event is new until it was marked as handled", async () => {
  const store = new PendingInbound(openHome(platformOf()));
  assert.deepEqual([await store.offer(bob), await store.offer(bob)], ["new", "new"]);
  assert.equal(await store.offer({ ...bob, event_id: "2" }), "updated");
  await store.markHandled("2");
  assert.equal(await store.offer({ ...bob, event_id: "2" }), "known");
});

Deno.test("P7: a damaged memory of requests says what to do, and nothing is written over it", async () => {
  for (const text of ["", "[1]", '{"handled":7}', '{"handled":[', "\0"]) {
    const platform = platformOf();
    const home = openHome(platform);
    const file = `${home.paths.stateRoot}/pair-requests.json`;
    await platform.files.ensureDirectory(home.paths.stateRoot);
    await platform.files.writeAtomic(file, text, { point: "t.damage" });
    const store = new PendingInbound(home);
    await assert.rejects(
      store.offer(bob),
      (error) => error instanceof RequestsUnreadable && error.message.includes(file),
    );
    assert.equal(platform.files.texts()[file], text);
  }
});

Deno.test("P7: a broken file does not hide the others, and is told", async () => {
  const platform = platformOf();
  const home = openHome(platform);
  const store = new PendingInbound(home);
  await store.offer(bob);
  assert.ok(isHandle(bob.peer_handle));
  const file = `${home.file.pendingInbound}/mallory.json`;
  await platform.files.writeAtomic(file, JSON.stringify(bob), { point: "t.broken" });
  const problems: string[] = [];
  const names = (await store.list(({ message }) => void problems.push(message)))
    .map((it) => it.peer_handle);
  assert.deepEqual([names, problems.length], [["bob"], 1]);
});
