import assert from "node:assert/strict";
import { fakeWorld, run } from "../fake/world.ts";
import { pairCancel } from "./pair_cancel.ts";
import { profileClear, profileSet } from "./profile_set.ts";

Deno.test("lesson 33: what is refused in a home that is none leaves no trace there", async () => {
  const world = fakeWorld();
  const before = world.platform.files.texts();
  await assert.rejects(run(profileSet, world, { field: "motto", value: "x" }), {
    code: "not_initialized",
  });
  await assert.rejects(run(profileClear, world, { field: "motto" }), { code: "not_initialized" });
  for (const code of ["12-ABCDEF", "1234"]) {
    await assert.rejects(run(pairCancel, world, { code }), { code: "not_found" });
  }
  assert.deepEqual(world.platform.files.texts(), before);
});
