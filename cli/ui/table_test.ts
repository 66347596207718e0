import assert from "node:assert/strict";
import { table } from "./table.ts";
import { displayWidth } from "./width.ts";

const HEADER = ["PEER", "TIER", "DID"];
const ROWS = [
  ["bob", "VERIFIED", "did:wire:bob-48fe8b13"],
  ["世界", "PENDING_ACK", "did:wire:a-very-long-name-that-goes-on-and-on-and-on-48fe8b13"],
];

Deno.test("table: columns line up by cells, and nothing is cut where there is no terminal", () => {
  assert.deepEqual(table(HEADER, ROWS.slice(0, 1), undefined), [
    "PEER  TIER      DID",
    "bob   VERIFIED  did:wire:bob-48fe8b13",
  ]);
  const [, , wide = ""] = table(HEADER, ROWS, undefined);
  assert.equal(displayWidth(wide.slice(0, wide.indexOf("PENDING"))), 6);
});

for (const width of [60, 120]) {
  Deno.test(`table: at ${width} columns every line fits`, () => {
    for (const line of table(HEADER, ROWS, width)) assert.ok(displayWidth(line) <= width, line);
  });
}

Deno.test("table: the widest column gives way first", () => {
  const [, bob = "", other = ""] = table(HEADER, ROWS, 60);
  assert.equal(bob, "bob   VERIFIED     did:wire:bob-48fe8b13");
  assert.match(other, /PENDING_ACK {2}did:wire:a-very-long-name.*…$/);
});
