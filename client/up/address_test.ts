import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { parseUpAddress } from "./address.ts";

Deno.test("up: a nick, with a host behind https, or with a whole address", () => {
  const forms: Readonly<Record<string, string | undefined>> = {
    "alice": undefined,
    "alice@relay.example.org": "https://relay.example.org",
    "alice@relay.example.org:8443": "https://relay.example.org:8443",
    "alice@http://10.0.0.1:8770/": "http://10.0.0.1:8770",
    "alice@https://relay.example.org/below": "https://relay.example.org/below",
    "alice@127.0.0.1:8771": "http://127.0.0.1:8771",
    "alice@localhost": "http://localhost",
    "alice@[::1]:8771": "http://[::1]:8771",
    "alice@localhost.example.org": "https://localhost.example.org",
  };
  for (const [text, relay] of Object.entries(forms)) {
    assert.deepEqual(parseUpAddress(text), { nick: "alice", relay }, text);
  }
});

Deno.test("up: what is no nick or no relay is a usage error", () => {
  for (
    const text of ["", "@relay.test", "a b", "../x", "alice@", "alice@ftp://x", "alice@a@b", "x/y"]
  ) {
    assert.throws(
      () => parseUpAddress(text),
      (error) => error instanceof WireError && error.code === "usage",
      text,
    );
  }
});
