import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { parsePeerAddress, shownAddress } from "./peer_address.ts";

Deno.test("a nick is asked for at a domain, at a host with a port, or at a whole address", () => {
  const forms: Readonly<Record<string, readonly [string, string]>> = {
    "bob@relay.example.org": ["relay.example.org", "https://relay.example.org"],
    "bob@relay.example.org:8443": ["relay.example.org", "https://relay.example.org:8443"],
    "bob@127.0.0.1:8771": ["127.0.0.1", "http://127.0.0.1:8771"],
    "bob@[::1]:8771": ["[::1]", "http://[::1]:8771"],
    "bob@http://10.0.0.1:8770/": ["10.0.0.1", "http://10.0.0.1:8770"],
    "bob@https://relay.example.org/below": ["relay.example.org", "https://relay.example.org/below"],
  };
  for (const [text, [domain, directory]] of Object.entries(forms)) {
    assert.deepEqual(parsePeerAddress(text), { nick: "bob", domain, directory }, text);
  }
});

Deno.test("what is no address keeps the words of 0.5.19, and names a form that works", () => {
  const words: Readonly<Record<string, RegExp>> = {
    "bob": /^handle missing '@' separator/,
    "bob@": /^handle has empty nick or domain/,
    "@http://10.0.0.1": /^handle has empty nick or domain/,
    "Bob@http://10.0.0.1": /won't fit in the books/,
    "bob@Relay.example": /^domain "Relay.example" invalid/,
    "bob@ftp://relay.example": /^domain .* invalid/,
    "bob@http://x:y@relay.example": /^domain .* invalid/,
    "bob@relay.example:99999": /^domain .* invalid/,
  };
  for (const [text, message] of Object.entries(words)) {
    assert.throws(() => parsePeerAddress(text), (error) => {
      assert.ok(error instanceof WireError && error.code === "usage", text);
      assert.match(error.message, message);
      return error.hint !== undefined;
    });
  }
});

Deno.test("an address that is shown is one that finds that relay", () => {
  const shown: Readonly<Record<string, string>> = {
    "https://relay.example.org": "bob@relay.example.org",
    "https://relay.example.org:8443": "bob@relay.example.org:8443",
    "http://127.0.0.1:8771": "bob@127.0.0.1:8771",
    "http://10.0.0.1:8770": "bob@http://10.0.0.1:8770",
    "https://relay.example.org/below": "bob@https://relay.example.org/below",
  };
  for (const [relay, address] of Object.entries(shown)) {
    assert.equal(shownAddress("bob", relay), address);
    assert.equal(parsePeerAddress(address).directory, relay);
  }
});
