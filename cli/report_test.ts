import assert from "node:assert/strict";
import { z } from "zod";
import { ERROR_CODES, WireError } from "../protocol/errors.ts";
import { EXIT_CODE, outcomeOf } from "./exit_code.ts";
import { transportError } from "../platform/transport_error.ts";
import { integer, text } from "./options.ts";
import { errorChain, inputProblem, LineProblem, reportLines } from "./report.ts";

Deno.test("of a request that failed the address and the reason are said once", () => {
  const url = "http://relay.test/healthz";
  const reason = "client error (Connect): tcp connect error: Connection refused (os error 111)";
  const inner = new Error(`error sending request for url (${url}): ${reason}`);
  const error = transportError(
    { method: "GET", url },
    new TypeError("fetch failed", { cause: inner }),
  );
  const outer = new WireError("unreachable", `no answer: ${error.message}`, { cause: error });
  assert.equal(errorChain(outer), `no answer: connect error: GET ${url}: ${reason}`);
});

Deno.test("report: the chain of causes, outermost first, each once, on one line", () => {
  const inner = new Error("No such file (os error 2)\n    at somewhere");
  const middle = new WireError("unreadable", "Cannot read trust.json", { cause: inner });
  const outer = new WireError("unreadable", "Cannot list peers: Cannot read trust.json", {
    cause: middle,
    hint: "restore it from a backup",
  });
  assert.deepEqual(reportLines(outer), [
    "error: Cannot list peers: Cannot read trust.json: No such file (os error 2)",
    "  restore it from a backup",
  ]);
});

Deno.test("report: a relay's text cannot forge lines or move the cursor", () => {
  const error = new WireError("relay_status", "post failed: 500: \u001b[2J\u009b1m\r");
  assert.doesNotMatch(reportLines(error).join(""), /\p{Cc}/u);
});

Deno.test("report: what is not ours is an internal error without its stack", () => {
  const [line = ""] = reportLines(new TypeError("x is not a function"));
  assert.equal(line, "error: internal error: x is not a function");
  assert.equal(errorChain("thrown text"), "internal error: thrown text");
});

Deno.test("report: a cycle of causes ends", () => {
  const a = new WireError("internal", "a");
  const b = new WireError("internal", "b", { cause: a });
  Object.defineProperty(a, "cause", { value: b });
  assert.equal(errorChain(a), "a: b");
});

Deno.test("report: input problems name the member and stay on one line", () => {
  const parsed = z.object({ peer: z.string(), n: z.number() }).safeParse({ n: "x" });
  assert.ok(!parsed.success);
  const { message } = inputProblem(parsed.error, { name: "x", options: {} });
  assert.match(message, /^peer: .*; n: [^\n]*$/);
});

Deno.test("report: an option's wrong value is a problem of the line, and is called as it was typed", () => {
  const options = { n: integer("n", "how many"), waitFor: text("step", "until") };
  const input = z.object({ peer: z.string(), waitFor: z.enum(["a", "b"], "expected a or b") });
  const problemOf = (value: unknown) => {
    const parsed = input.safeParse(value);
    assert.ok(!parsed.success);
    return inputProblem(parsed.error, { name: "x", options });
  };
  const ofLine = problemOf({ peer: "bob", waitFor: "c" });
  assert.ok(ofLine instanceof LineProblem);
  assert.equal(ofLine.message, "option '--wait-for' is invalid: expected a or b");
  assert.ok(!(problemOf({ peer: 1, waitFor: "a" }) instanceof LineProblem));
});

Deno.test("exit codes: every error code has one, and only a signal's is above 7", () => {
  for (const code of ERROR_CODES) {
    const exit = EXIT_CODE[code];
    assert.ok(exit >= 1 && (exit <= 7 || code === "interrupted"), code);
  }
});

Deno.test("exit codes: verify tells by its code what it found", () => {
  assert.equal(outcomeOf("verify", { verified: true }).exitCode, 0);
  assert.equal(outcomeOf("verify", { verified: false, reason: "x" }).exitCode, 1);
  assert.equal(outcomeOf("whoami", {}).exitCode, 0);
});
