import assert from "node:assert/strict";
import { bindOf } from "./relay_server.ts";

Deno.test("ruling 7: --local-only without --bind listens where --with-local looks", () => {
  assert.equal(bindOf({}), "127.0.0.1:8770");
  assert.equal(bindOf({ localOnly: true }), "127.0.0.1:8771");
  assert.equal(bindOf({ localOnly: true, bind: "[::1]:0" }), "[::1]:0");
});
