import assert from "node:assert/strict";
import { fakeWorld, livingWorld, run } from "../fake/world.ts";
import { addPeerSlot } from "./add_peer_slot.ts";
import { allowRelay } from "./allow_relay.ts";

const LAN = "http://10.0.0.5:8770";

Deno.test("a relay in a private network is allowed, listed and taken back; the same again is the same", async () => {
  const world = await livingWorld();
  for (const _ of [1, 2]) {
    assert.deepEqual(await run(allowRelay, world, { url: `${LAN}/` }), { allowed_relays: [LAN] });
  }
  assert.deepEqual(await run(allowRelay, world, {}), { allowed_relays: [LAN] });
  assert.deepEqual((await world.home.readRelayState())["allowed_relays"], [LAN]);
  for (const _ of [1, 2]) {
    assert.deepEqual(await run(allowRelay, world, { url: LAN, remove: true }), {
      allowed_relays: [],
    });
  }
  assert.deepEqual(world.warnings, []);
});

Deno.test("a home without an identity can allow one, since an invite may be what it begins with", async () => {
  const world = fakeWorld();
  await run(allowRelay, world, { url: LAN });
  assert.deepEqual(await run(allowRelay, world, {}), { allowed_relays: [LAN] });
  assert.ok(!await world.home.isInitialized());
});

Deno.test("what is no address is refused, and a public one needs no consent", async () => {
  const world = await livingWorld();
  for (const url of ["10.0.0.5", "ftp://10.0.0.5", "http://me@10.0.0.5", "unix:///run/wire"]) {
    await assert.rejects(run(allowRelay, world, { url }), { code: "usage" });
  }
  await run(allowRelay, world, { url: "https://relay.example" });
  assert.match(world.warnings.join(), /needs no consent/);
});

Deno.test("an unreadable relay.json stops it and stays as it was", async () => {
  const world = await livingWorld();
  const { files } = world.platform;
  await files.writeAtomic("/alice/config/wire/relay.json", "{", { point: "t.relay" });
  await assert.rejects(run(allowRelay, world, { url: LAN }), { code: "unreadable" });
  assert.equal(await files.readText("/alice/config/wire/relay.json"), "{");
});

Deno.test("a mailbox that the operator types by hand is allowed by that", async () => {
  const world = await livingWorld();
  const input = { handle: "bob", slotId: "1".repeat(32), slotToken: "1".repeat(64) };
  await run(addPeerSlot, world, { ...input, url: "https://relay.example" });
  assert.deepEqual(await run(allowRelay, world, {}), { allowed_relays: [] });
  await run(addPeerSlot, world, { ...input, url: LAN });
  assert.deepEqual(await run(allowRelay, world, {}), { allowed_relays: [LAN] });
});
