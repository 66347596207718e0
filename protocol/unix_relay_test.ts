import assert from "node:assert/strict";
import { networkOf } from "./endpoint.ts";
import { relayUrlOf } from "../client/mailbox.ts";
import { parseUnixRelay, shownRelay, unixPathOf } from "./unix_relay.ts";

Deno.test("a socket's address goes through a relay's address and back", () => {
  for (const path of ["/run/wire.sock", "/run/user/1000/a b/é.sock", `/${"x".repeat(106)}`]) {
    const url = parseUnixRelay(`unix://${path}`);
    assert.ok(url !== undefined, path);
    assert.equal(relayUrlOf(url), url, "it passes wherever an address is checked");
    assert.equal(networkOf(url), "loopback");
    assert.equal(unixPathOf(url), path);
    assert.equal(unixPathOf(`${url}/v1/events/0?since=1`), path);
    assert.equal(shownRelay(url), `unix://${path}`);
  }
  assert.equal(shownRelay(relayUrlOf("https://relay.test")), "https://relay.test");
});

Deno.test("what is no absolute path in its simplest form is no socket's address", () => {
  for (
    const text of [
      "unix://",
      "unix:///",
      "unix://relative/x",
      "unix:/run/x",
      "unix:///run/../etc/x",
      "unix:///run/./x",
      "unix:///run//x",
      "unix:///run/x/",
      "unix:///run/\u0000x",
      "unix:///run/\nx",
      `unix:///${"x".repeat(107)}`,
      "http://127.0.0.1",
      "/run/x",
    ]
  ) assert.equal(parseUnixRelay(text), undefined, text);
});

Deno.test("P3: a host that looks like one and is not leads to no socket", () => {
  const hex = (path: string): string => new TextEncoder().encode(path).toHex();
  for (
    const url of [
      "http://uds.localhost/x",
      "http://0.uds.localhost",
      `http://${hex("/run/../x")}.uds.localhost`,
      `http://${hex("relative")}.uds.localhost`,
      `http://${hex("/run/x")}.uds.localhost.evil.test`,
      `http://${hex("/run/x")}.uds.localhost:80`,
      `https://${hex("/run/x")}.uds.localhost`,
      `http://evil.test/${hex("/run/x")}.uds.localhost`,
    ]
  ) assert.equal(unixPathOf(url), undefined, url);
});
