import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { BodyBuffer } from "./body_buffer.ts";

Deno.test("P8: a body in any pieces is the same body, in little more memory than it has", () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 60 });
  fc.assert(
    fc.property(pieces, (chunks) => {
      const body = new BodyBuffer();
      const sent: number[] = [];
      for (const chunk of chunks) {
        const before = [...chunk];
        body.push(chunk);
        sent.push(...before);
        assert.deepEqual([...chunk], before, "what was handed over is not written to");
        assert.equal(body.length, sent.length);
      }
      const whole = body.whole();
      assert.deepEqual([...whole], sent);
      assert.ok(whole.buffer.byteLength <= Math.max(256, 2 * sent.length));
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("relay: a body that came in one piece is not copied, and one let go is empty", () => {
  const only = Uint8Array.of(1, 2, 3);
  const body = new BodyBuffer();
  body.push(only);
  assert.equal(body.whole().buffer, only.buffer);
  body.drop();
  assert.equal(body.length, 0);
  assert.equal(body.whole().length, 0);
});
