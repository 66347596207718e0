import assert from "node:assert/strict";
import type { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import { Toasts } from "./toasts.ts";

const UNVERIFIED = false;

const event = (peer: string, body: string, verified = true): InboxEvent => ({
  peer,
  event_id: "e",
  kind: "claim",
  body_preview: body,
  verified,
  timestamp: "",
  raw: {},
});

Deno.test("toasts: nothing new is no toast, and what was taken is not taken again", () => {
  const toasts = new Toasts();
  assert.equal(toasts.take(), undefined);
  toasts.add(event("alice", "hi"), undefined);
  assert.deepEqual(toasts.take(), { title: "wire ← alice", body: "claim: hi" });
  assert.equal(toasts.take(), undefined);
});

Deno.test("lesson 38: the same words to 134 sessions are one toast", () => {
  const toasts = new Toasts();
  for (let n = 1; n <= 134; n++) toasts.add(event("alice", "hello all"), `s${n}`);
  assert.deepEqual(toasts.take(), {
    title: "wire ← alice",
    body: "134 messages in 134 homes, from alice (134)",
  });
});

Deno.test("toasts: a few have a line each, with whose mail it is, safe and short", () => {
  const toasts = new Toasts();
  toasts.add(event("alice", "hi"), undefined);
  toasts.add(event("alice", `a\u001b[2J\r\n${"x".repeat(500)}`), "app");
  toasts.add(event("bob", "forged", UNVERIFIED), "app");
  toasts.add(event("bob", "good"), "app");
  const { title = "", body = "" } = toasts.take() ?? {};
  assert.equal(title, "wire ← 2 peers (UNVERIFIED)");
  const [own, safe = "", forged, ...others] = body.split("\n");
  assert.equal(own, "alice: claim: hi");
  assert.match(safe, /^alice \(session app\): claim: a\ufffd\[2J x+/);
  assert.ok(safe.length < 130, String(safe.length));
  assert.equal(forged, "bob (session app) (UNVERIFIED): 2 messages, the last: claim: good");
  assert.deepEqual(others, []);
});
