import assert from "node:assert/strict";
import { addressOf, bindOf } from "./relay_server.ts";

Deno.test("ruling 7: --local-only without --bind listens where --with-local looks", () => {
  assert.equal(bindOf({}), "127.0.0.1:8770");
  assert.equal(bindOf({ localOnly: true }), "127.0.0.1:8771");
  assert.equal(bindOf({ localOnly: true, bind: "[::1]:0" }), "[::1]:0");
});

Deno.test("where a relay listens is told as --bind takes it", () => {
  assert.equal(addressOf({ host: "127.0.0.1", port: 8770 }), "127.0.0.1:8770");
  assert.equal(addressOf({ host: "::1", port: 8770 }), "[::1]:8770");
});
