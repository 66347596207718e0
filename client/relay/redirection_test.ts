import assert from "node:assert/strict";
import { redirected } from "./redirection.ts";

const HERE = "https://relay.test/v1/pair";

function towards(location: string): string | undefined {
  const headers = new Headers();
  try {
    headers.set("location", location);
  } catch {
    return "refused by the platform"; // a header cannot hold it, so no relay can send it
  }
  return redirected(new Request(HERE), new Response(null, { status: 307, headers })).towards;
}

Deno.test("a redirection is shown as an origin: no path, no query, no user info", () => {
  assert.equal(towards("https://else.test/a?token=1#x"), "https://else.test");
  assert.equal(towards("https://me:secret@else.test/"), "https://else.test");
  assert.equal(towards("/elsewhere/secret"), "https://relay.test");
  assert.equal(towards("//else.test:8443/secret"), "https://else.test:8443");
  assert.equal(towards("javascript:alert(1)"), "javascript:…");
  assert.equal(towards("http://["), "no usable address");
});

Deno.test("P8: a redirection to a very long or a misleading name is shown short and plain", () => {
  const long = towards(
    `https://${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.test/`,
  );
  assert.ok(long !== undefined && long.length <= 201, `${long}`);
  assert.equal(towards("https://www.r\u00e9lay.test/"), "https://www.xn--rlay-bpa.test");
});

Deno.test("other answers are no redirection, whatever they say of a place", () => {
  for (const status of [200, 404, 503]) {
    const response = new Response("", { status, headers: { location: "https://else.test/" } });
    assert.deepEqual(redirected(new Request(HERE), response), {});
  }
  assert.deepEqual(redirected(new Request(HERE), new Response(null, { status: 304 })), {});
});
