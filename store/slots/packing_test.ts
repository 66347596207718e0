import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../../protocol/errors.ts";
import { testRuns } from "../../tests/runs.ts";
import { digestBytes, keyOf } from "./event_key.ts";
import { packEntry, packSegment, unpackSegment } from "./packing.ts";

const ids = fc.option(
  fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9._~-]{1,128}$/),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.toHex()),
  ),
  { nil: undefined },
);
const grants = fc.option(
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => bytes.toHex()),
  { nil: undefined },
);
const events = fc.array(
  fc.record({ id: ids, body: fc.uint8Array({ maxLength: 500 }), via: grants }),
  { maxLength: 20 },
);

function packed(id: string | undefined, body: Uint8Array, via?: string): Uint8Array {
  const key = id === undefined ? undefined : keyOf(id);
  return packEntry(id, { key, digest: digestBytes(body), body, isIntro: false, via });
}

Deno.test("packing: unpacking gives back keys, digests, bodies and grants", () => {
  fc.assert(
    fc.property(events, (list) => {
      const payloads = list.map(({ id, body, via }) => packed(id, body, via));
      const { entries } = unpackSegment(packSegment(payloads, list.length));
      assert.deepEqual(
        entries.map(({ key, digest, body, via }) => [
          key?.toHex(),
          digest.toHex(),
          body.toHex(),
          via,
        ]),
        list.map(({ id, body, via }) => [
          id === undefined ? undefined : Uint8Array.from(keyOf(id)).toHex(),
          Uint8Array.from(digestBytes(body)).toHex(),
          body.toHex(),
          via,
        ]),
      );
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("packing: any other bytes are unreadable, never something else", () => {
  const whole = packSegment([
    packed("a", new Uint8Array(20), "0123456789abcdef"),
    packed(undefined, new Uint8Array(3)),
  ], 2);
  const unreadable = (bytes: Uint8Array): void => {
    assert.throws(
      () => unpackSegment(bytes),
      (error) => error instanceof WireError && error.code === "unreadable",
    );
  };
  for (let length = 0; length < whole.length; length++) unreadable(whole.subarray(0, length));
  unreadable(Uint8Array.of(...whole, 0));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        unpackSegment(bytes);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
    { numRuns: testRuns(500) },
  );
});
