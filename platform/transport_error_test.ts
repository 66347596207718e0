import assert from "node:assert/strict";
import { WireError } from "../protocol/errors.ts";
import { timedOut } from "./timed_out.ts";
import { abortError, TransportError, transportError } from "./transport_error.ts";

const REQUEST = { method: "POST", url: "http://relay.test:18777/v1/events/9af3" };

/** As Deno's fetch throws: what happened is in the cause. */
const fetchFailed = (cause: string): Error =>
  new TypeError("fetch failed", { cause: new Error(cause) });

Deno.test("lesson 50: the class comes first, then the whole chain, then a command to run", () => {
  const error = transportError(
    REQUEST,
    fetchFailed(
      "error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)",
    ),
  );
  assert.equal(
    error.message,
    "connect error: POST http://relay.test:18777/v1/events/9af3: error sending request: " +
      "client error (Connect): tcp connect error: Connection refused (os error 111)",
  );
  assert.equal(error.failure, "connect");
  assert.equal(error.code, "unreachable");
  assert.match(error.hint ?? "", /curl http:\/\/relay\.test:18777\/healthz/);
});

Deno.test("transport errors: each cause has its class, and the first class of the table wins", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["invalid peer certificate: UnknownIssuer", "tls", "TLS error: "],
    ["certificate verification failed", "tls", "TLS error: "],
    ["TLS handshake eof", "tls", "TLS error: "],
    [
      "dns error: failed to lookup address information: Name or service not known",
      "dns",
      "DNS error: ",
    ],
    ["dns error: nodename nor servname provided, or not known", "dns", "DNS error: "],
    ["getaddrinfo ENOTFOUND relay.test", "dns", "DNS error: "],
    ["operation timed out", "timeout", "timeout: "],
    ["deadline has elapsed", "timeout", "timeout: "],
    ["Connection refused (os error 111)", "connect", "connect error: "],
    ["Connection reset by peer (os error 104)", "connect", "connect error: "],
    ["connect ECONNREFUSED 127.0.0.1:1", "connect", "connect error: "],
    ["operation timed out during TLS handshake", "tls", "TLS error: "],
    ["received corrupt message of type InvalidContentType", "other", "POST "],
    ["connection closed before message completed", "other", "POST "],
  ];
  for (const [cause, failure, prefix] of cases) {
    const error = transportError(REQUEST, fetchFailed(cause));
    assert.equal(error.failure, failure, cause);
    assert.ok(error.message.startsWith(prefix), error.message);
    assert.ok(error.message.endsWith(cause), error.message);
  }
});

Deno.test("transport errors: hints fit the class", () => {
  const hint = (cause: string, url: string): string =>
    transportError({ method: "GET", url }, fetchFailed(cause)).hint ?? "";
  assert.match(hint("dns error", "https://relay.test/x"), /nslookup relay\.test$/);
  assert.match(
    hint("operation timed out", "https://relay.test/x"),
    /curl -m 10 https:\/\/relay\.test\/healthz$/,
  );
  const certificate = "invalid peer certificate: Expired";
  assert.match(hint(certificate, "https://relay.test/x"), /s_client -connect relay\.test:443$/);
  assert.match(
    hint(certificate, "https://relay.test:8443/x"),
    /s_client -connect relay\.test:8443$/,
  );
});

Deno.test("transport errors: the text stays one bounded line, whatever the causes say", () => {
  let cause: unknown = "\u001b[31mred\n\u202etext " + "x".repeat(5_000);
  for (let depth = 0; depth < 50; depth++) cause = new Error(`layer ${depth}`, { cause });
  const { message } = transportError(REQUEST, cause);
  assert.doesNotMatch(message, /[\p{Cc}\p{Cf}]/u);
  assert.ok(message.length < 1_100);
  const circular = new Error("round");
  circular.cause = circular;
  assert.match(transportError(REQUEST, circular).message, /: round$/);
});

Deno.test("transport errors: a deadline is a timeout, an interruption stays what it was", () => {
  const reasons = [timedOut(30_000), new DOMException("x timed out", "TimeoutError")];
  for (const reason of reasons) {
    const error = abortError({ ...REQUEST, signal: AbortSignal.abort(reason) });
    assert.ok(error instanceof TransportError);
    assert.equal(error.failure, "timeout");
  }
  const interrupted = new WireError("interrupted", "stopped");
  assert.equal(abortError({ ...REQUEST, signal: AbortSignal.abort(interrupted) }), interrupted);
});
