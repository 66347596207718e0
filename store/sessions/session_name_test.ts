import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { candidateNames, isSessionName, sessionNameFrom } from "./session_name.ts";

Deno.test("a name comes from any text as 0.5.19 makes it", () => {
  for (
    const [text, name] of [
      ["myapp", "myapp"],
      ["My App", "my-app"],
      ["a__b", "a__b"],
      ["--a---b--", "a-b"],
      ["Ünï cödé", "n-c-d"],
      ["\u212aelvin", "elvin"],
      ["../../etc/passwd", "etc-passwd"],
      ["..", "wire-session"],
      ["", "wire-session"],
      ["\u{1f600}", "wire-session"],
      ["x".repeat(40), "x".repeat(32)],
      ["x".repeat(31) + "-y", "x".repeat(31)],
      ["con", undefined],
      ["NUL", undefined],
    ] as const
  ) assert.equal(sessionNameFrom(text), name, text);
});

Deno.test("P3: no text becomes a name that leaves its directory", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const name = sessionNameFrom(text);
      if (name === undefined) return;
      assert.match(name, /^[a-z0-9_][a-z0-9_-]{0,31}$/);
      assert.equal(sessionNameFrom(name), name, "a name stays what it is");
    }),
    { numRuns: testRuns(500) },
  );
  for (const text of ["", ".", "..", "a/b", "a\\b", "-a", "A", "a".repeat(65), "aux", "a b", 7]) {
    assert.ok(!isSessionName(text), String(text));
  }
});

Deno.test("a directory's candidates: its name, with four digits of its hash, then numbers", () => {
  const [first, second, third] = candidateNames("/home/u/src/myapp", "myapp");
  assert.equal(first, "myapp");
  assert.match(second ?? "", /^myapp-[0-9a-f]{4}$/);
  assert.equal(third, "myapp-2");
  const all = [...candidateNames("/home/u/src/myapp", "myapp")];
  assert.equal(all.length, 2 + 998 + 1);
  assert.equal(all.at(-2), "myapp-999");
  assert.equal(all.at(-1), `${second}-overflow`);
  // printf %s /home/u/src/myapp | sha256sum
  assert.equal(second, "myapp-d88e");
});

Deno.test("the root of the file system, and what no directory may be called, get a name all the same", () => {
  assert.equal([...candidateNames("/", "")][0], "wire-session");
  assert.match([...candidateNames("/x/con", "con")][0] ?? "", /^wire-session-[0-9a-f]{4}$/);
});
