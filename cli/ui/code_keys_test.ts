import assert from "node:assert/strict";
import { typed } from "./code_keys.ts";

Deno.test("Tab completes a word that is clear, and the separator behind it", () => {
  assert.deepEqual(typed("", "4821-aban\t"), { line: "4821-abandon-" });
  assert.deepEqual(typed("4821-abandon-", "ABIL\t"), { line: "4821-abandon-ability-" });
  assert.deepEqual(typed("4821-abandon-ability-", "able\t"), {
    line: "4821-abandon-ability-able",
  });
});

Deno.test("Tab goes as far as it is clear, then shows what it may be", () => {
  assert.deepEqual(typed("", "4821-abs\t"), {
    line: "4821-abs",
    words: ["absent", "absorb", "abstract", "absurd"],
  });
  assert.deepEqual(typed("", "4821-zeb\t"), { line: "4821-zebra-" });
  assert.deepEqual(typed("", "4821-a\t"), { line: "4821-a" }, "too many to be shown");
  assert.deepEqual(typed("", "4821-xyz\t"), { line: "4821-xyz" });
  assert.deepEqual(typed("", "48\t"), { line: "48" });
});

Deno.test("keys that end, erase, clear and move", () => {
  assert.deepEqual(typed("4821", "\r"), { line: "4821", end: "entered" });
  assert.deepEqual(typed("4821", "-a\nxyz"), { line: "4821-a", end: "entered" });
  assert.deepEqual(typed("4821", "\u0003"), { line: "4821", end: "cancelled" });
  assert.deepEqual(typed("", "\u0004"), { line: "", end: "left" });
  assert.deepEqual(typed("4821", "\u0004"), { line: "4821" });
  assert.deepEqual(typed("4821", "\u007f\u0008"), { line: "48" });
  assert.deepEqual(typed("4821", "\u0015"), { line: "" });
  assert.deepEqual(typed("4821", "\u001b[A"), { line: "4821" });
  assert.deepEqual(typed("4821", "\u0000\u0007"), { line: "4821" });
});
