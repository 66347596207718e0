import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { DECLINED, judge } from "./gate.ts";

const sas = "384217";
const now = 5;
const atTerminal = { sas, isTerminal: true, now };
const throughPipe = { sas, isTerminal: false, now };
const typed = (digits: string, proof: "typed" | "unproved") => ({
  tag: "event",
  event: { tag: "digitsTyped", digits, proof, now },
});
const declined = { tag: "event", event: { tag: "declined", error: DECLINED } };
const accepted = { tag: "event", event: { tag: "accepted", now } };

Deno.test("P4: at a terminal only six digits are an answer; y is refused, n and the end of input decline", () => {
  assert.deepEqual(judge(" 384-217 ", atTerminal), typed("384-217", "typed"));
  for (const line of ["y", "Y", "yes", " YES "]) assert.equal(judge(line, atTerminal).tag, "again");
  for (const line of ["n", "NO ", undefined]) assert.deepEqual(judge(line, atTerminal), declined);
  for (const line of ["", "  ", "what"]) assert.equal(judge(line, atTerminal).tag, "again", line);
  assert.deepEqual(judge("38421", atTerminal), { tag: "again", why: "expected 6 digits (got 5)" });
});

Deno.test("through a pipe y and yes are taken, six digits are compared, all else declines", () => {
  for (const line of ["y", " YES "]) assert.deepEqual(judge(line, throughPipe), accepted);
  assert.deepEqual(judge("384217", throughPipe), typed("384217", "unproved"));
  for (const line of ["n", "", undefined, "38421", "yess"]) {
    assert.deepEqual(judge(line, throughPipe), declined);
  }
});

Deno.test("nothing that is typed at a terminal is ever an acceptance without digits", () => {
  fc.assert(
    fc.property(fc.option(fc.string(), { nil: undefined }), (line) => {
      const answer = judge(line, atTerminal);
      assert.ok(answer.tag === "again" || answer.event.tag !== "accepted");
    }),
    { numRuns: testRuns(200) },
  );
});
