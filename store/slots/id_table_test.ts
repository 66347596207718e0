import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { keyOf } from "./event_key.ts";
import { IdTable } from "./id_table.ts";

Deno.test("id table: finds what was added and nothing else, over every growth", () => {
  const table = new IdTable();
  const digest = (n: number) => new Uint8Array(16).fill(n % 256);
  for (let n = 0; n < 5_000; n++) table.add(keyOf(`id ${n}`), digest(n), n + 1);
  assert.equal(table.size, 5_000);
  for (let n = 0; n < 5_000; n += 7) {
    assert.equal(table.seqOf(keyOf(`id ${n}`)), n + 1);
    assert.equal(table.digestOf(keyOf(`id ${n}`)), digest(n).toHex());
    assert.equal(table.seqOf(keyOf(`id ${n + 5_000}`)), undefined);
  }
  assert.equal(table.digestOf(keyOf("")), undefined);
});

Deno.test("id table: keys made to fall into one bucket are kept apart", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uint8Array({ minLength: 2, maxLength: 2 }), {
        selector: (tail) => tail.join(),
        maxLength: 60,
      }),
      (tails) => {
        const table = new IdTable();
        const keys = tails.map((tail) => {
          const key = new Uint8Array(32);
          key.set(tail, 30);
          return key;
        });
        keys.forEach((key, i) => table.add(key, new Uint8Array(16), i + 1));
        keys.forEach((key, i) => assert.equal(table.seqOf(key), i + 1));
        const other = new Uint8Array(32);
        other.set([1], 29);
        assert.equal(table.seqOf(other), undefined);
      },
    ),
    { numRuns: testRuns(100) },
  );
});

Deno.test("event key: a text that looks like a hash's bytes is not that hash", () => {
  const hash = "ab".repeat(32);
  assert.equal(keyOf(hash).toHex(), hash);
  assert.notDeepEqual(keyOf(hash.toUpperCase()), keyOf(hash));
});
