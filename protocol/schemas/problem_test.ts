import assert from "node:assert/strict";
import { z } from "zod";
import { schemaProblem } from "./problem.ts";

const Peers = z.object({ peers: z.record(z.string(), z.object({ relay_url: z.string() })) });

const problem = (value: unknown): string => {
  const result = Peers.safeParse(value);
  assert.ok(!result.success);
  return schemaProblem(result.error);
};

Deno.test("a schema's problem names the place and what was wanted there, never the value", () => {
  assert.equal(
    problem({ peers: { bob: { relay_url: 7 } } }),
    'at "peers.bob.relay_url": Invalid input: expected string, received number',
  );
  assert.equal(problem("secret"), 'at "": Invalid input: expected object, received string');
  assert.equal(schemaProblem({ issues: [] }), 'at "": unexpected value');
});

Deno.test("P8: a schema's problem is one short line, whatever names stand in the file", () => {
  assert.match(
    problem({ peers: { ["y".repeat(5_000)]: 1 } }),
    /^at "peers\.y{94}…": Invalid input: expected object/,
  );
  const wild = problem({ peers: { "\u001b[2J\n\u202e": 1 } });
  assert.doesNotMatch(wild, /[\p{Cc}\p{Cf}]/u);
  const long = schemaProblem({ issues: [{ path: [], message: "y".repeat(5_000) }] });
  assert.ok(long.length < 500);
});
