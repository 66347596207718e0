import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { printJson } from "../../protocol/json/print.ts";
import { withMembers } from "../../protocol/json/value.ts";
import { livingWorld, run } from "../fake/world.ts";
import { verify } from "./verify.ts";

async function world() {
  const alice = await livingWorld("alice");
  const event = signEvent(
    buildEvent({
      from: alice.self.did,
      to: "did:wire:bob",
      type: "claim",
      kind: 1001,
      body: "hello",
      timestamp: "2026-01-01T00:00:00Z",
    }),
    alice.self,
  );
  const put = (text: string): Promise<void> =>
    alice.platform.files.writeAtomic("/event.json", text, { point: "test.event" });
  return { alice, event, put };
}

Deno.test("verify --json: exactly what 0.5.19 prints", async () => {
  const { alice, event, put } = await world();
  await put(`${event.text}\n`);
  assert.equal(printJson(await run(verify, alice, { path: "event.json" })), '{"verified":true}');
  await put(event.text.replace("hello", "hallo"));
  assert.equal(
    printJson(await run(verify, alice, { path: "/event.json" })),
    '{"reason":"event_id mismatch — body was tampered after signing","verified":false}',
  );
});

Deno.test("an event is read from stdin too", async () => {
  const { alice, event } = await world();
  alice.platform.terminal.stdin.type(event.text);
  alice.platform.terminal.stdin.end();
  assert.deepEqual(await run(verify, alice, { path: "-" }), { verified: true });
});

Deno.test("a line of tail --json verifies, whatever its mark says, and only for its own event", async () => {
  const { alice, event, put } = await world();
  for (const verified of [true, false]) {
    await put(printJson(withMembers(event.value, { verified })));
    assert.deepEqual(await run(verify, alice, { path: "event.json" }), { verified: true });
  }
  await put(printJson(withMembers(event.value, { verified: true, body: "forged" })));
  assert.ok(!(await run(verify, alice, { path: "event.json" })).verified);
  await put(printJson(withMembers(event.value, { verified: "yes" })));
  assert.ok(!(await run(verify, alice, { path: "event.json" })).verified);
});

Deno.test("a signer that is not pinned is named", async () => {
  const { event } = await world();
  const bob = await livingWorld("bob");
  await bob.platform.files.writeAtomic("/event.json", event.text, { point: "test.event" });
  assert.deepEqual(await run(verify, bob, { path: "event.json" }), {
    reason: 'signer "alice" not in trust',
    verified: false,
  });
});

Deno.test("what is no event is an error in one line, not a verdict", async () => {
  const { alice, put } = await world();
  for (const text of ["", "{", "[]", '{"a":1,"a":2}', "\ufeff{}", "\0"]) {
    await put(text);
    await assert.rejects(run(verify, alice, { path: "event.json" }), (error) => {
      assert.ok(error instanceof WireError);
      assert.ok(["bad_json", "bad_input"].includes(error.code), error.code);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
  await assert.rejects(run(verify, alice, { path: "none.json" }), { code: "not_found" });
});
