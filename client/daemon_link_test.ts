import assert from "node:assert/strict";
import { LiveEvent, LiveStatus } from "../protocol/schemas/live.ts";
import { NO_DAEMON } from "./daemon_link.ts";

Deno.test("without a daemon nobody hears a nudge, nothing is known, and a watch ends at once", async () => {
  assert.equal(await NO_DAEMON.nudge(), undefined);
  assert.equal(await NO_DAEMON.status(), undefined);
  assert.deepEqual(await Array.fromAsync(NO_DAEMON.watch(new AbortController().signal)), []);
});

Deno.test("P5: what a daemon tells has no place for bodies or tokens", () => {
  const told = { peer: "bob", event_id: "1", body: "secret", slot_token: "secret" };
  assert.deepEqual(LiveEvent.parse({ event: "received", ...told }), {
    event: "received",
    peer: "bob",
    event_id: "1",
  });
  const mailbox = { relay_url: "http://r.test", slot_id: "s", transport: "polling" };
  const status = {
    version: "1",
    pid: 1,
    did: "did:wire:a",
    started_at: "",
    round_at: null,
    mailboxes: [{ ...mailbox, slot_token: "secret" }],
    resting: [],
    last_error: null,
    watchers: 0,
  };
  assert.deepEqual(LiveStatus.parse(status).mailboxes, [mailbox]);
});
