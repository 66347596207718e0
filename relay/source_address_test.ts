import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { sourceOf } from "./source_address.ts";

Deno.test("P8: an IPv4 address counts for itself, however it is written", () => {
  for (
    const written of ["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "::ffff:192.0.2.1%1"]
  ) {
    assert.equal(sourceOf(written, undefined), "192.0.2.1");
    assert.equal(sourceOf("127.0.0.1", written), "192.0.2.1");
  }
  assert.equal(sourceOf("127.0.0.1", "192.0.2.1:8080"), "192.0.2.1");
});

Deno.test("P8: an IPv6 address counts for its /64, however it is written", () => {
  const network = "2001:db8:0:1::/64";
  for (
    const written of ["2001:db8:0:1::1", "2001:0DB8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::"]
  ) {
    assert.equal(sourceOf(written, undefined), network);
    assert.equal(sourceOf("127.0.0.1", `[${written}]:443`), network);
  }
  assert.notEqual(sourceOf("2001:db8:0:2::1", undefined), network);
  assert.equal(sourceOf("fe80::1%eth0", undefined), sourceOf("fe80::2", undefined));
});

Deno.test("P8: only the last entry of a trusted header counts, and only if it is an address", () => {
  assert.equal(sourceOf("127.0.0.1", "203.0.113.9, 198.51.100.7"), "198.51.100.7");
  assert.equal(sourceOf("127.0.0.1", "198.51.100.7, "), "127.0.0.1");
  assert.equal(sourceOf("127.0.0.1", "unknown"), "127.0.0.1");
  assert.equal(sourceOf("127.0.0.1", "203.0.113.9\r\n, 1.2.3.4.5"), "127.0.0.1");
  const forged = fc.array(fc.string(), { maxLength: 4 }).map((entries) => entries.join(","));
  fc.assert(
    fc.property(forged, (claimed) => {
      assert.equal(sourceOf("127.0.0.1", `${claimed}, 198.51.100.7`), "198.51.100.7");
    }),
    { numRuns: testRuns(200) },
  );
});
