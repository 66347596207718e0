import assert from "node:assert/strict";
import { FakeEnv } from "../fake/env.ts";
import { proxyFor } from "./proxy.ts";

function shown(target: string, variables: Readonly<Record<string, string>>): string {
  const choice = proxyFor(new URL(target), new FakeEnv({ variables }));
  if (choice.tag === "direct") return "direct";
  if (choice.tag === "unusable") return `unusable ${choice.variable}`;
  const { host, port, isTls, authorization } = choice.proxy;
  return `${isTls ? "tls" : "plain"} ${host} ${port} ${authorization ?? "-"}`;
}

const CASES: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ["http://relay.test", "direct", {}],
  ["https://relay.test", "direct", { HTTP_PROXY: "http://p:1" }],
  ["https://relay.test", "plain p 1 -", { HTTPS_PROXY: "http://p:1" }],
  ["https://relay.test", "plain p 1 -", { https_proxy: "http://p:1", HTTPS_PROXY: "http://q:2" }],
  ["https://relay.test", "tls p 443 -", { https_proxy: "https://p" }],
  ["http://relay.test", "plain p 3128 -", { http_proxy: "p:3128" }],
  ["http://relay.test", "plain ::1 3128 -", { http_proxy: "http://[::1]:3128" }],
  ["http://relay.test", "plain p 80 -", { HTTP_PROXY: "http://p" }],
  ["http://relay.test", "direct", { HTTP_PROXY: "http://p", REQUEST_METHOD: "GET" }],
  ["http://relay.test", "plain p 80 -", { ALL_PROXY: "http://p" }],
  ["http://relay.test", "plain p 80 Basic bWU6cMOkc3M=", { http_proxy: "http://me:p%C3%A4ss@p" }],
  ["http://relay.test", "unusable ALL_PROXY", { ALL_PROXY: "socks5://p:1080" }],
  ["http://relay.test", "unusable http_proxy", { http_proxy: "http://[" }],
  ["http://relay.test", "direct", { http_proxy: "p", NO_PROXY: "*" }],
  ["http://relay.test", "direct", { http_proxy: "p", no_proxy: "other.test, .relay.test" }],
  ["http://a.relay.test", "direct", { http_proxy: "p", no_proxy: "relay.test" }],
  ["http://myrelay.test", "plain p 80 -", { http_proxy: "p", no_proxy: "relay.test" }],
  ["http://relay.test:81", "direct", { http_proxy: "p", no_proxy: "relay.test:81" }],
  ["http://relay.test", "plain p 80 -", { http_proxy: "p", no_proxy: "relay.test:81" }],
  ["http://10.1.2.3", "direct", { http_proxy: "p", no_proxy: "10.0.0.0/8" }],
  ["http://11.1.2.3", "plain p 80 -", { http_proxy: "p", no_proxy: "10.0.0.0/8,999.1/8" }],
  ["http://[::1]:8771", "direct", { http_proxy: "p", no_proxy: "::1" }],
  ["http://127.0.0.1:8771", "direct", { http_proxy: "p", no_proxy: "localhost,127.0.0.1" }],
];

Deno.test("the proxy of the environment, as fetch chooses it", () => {
  for (const [target, wanted, variables] of CASES) {
    assert.equal(shown(target, variables), wanted, `${target} ${JSON.stringify(variables)}`);
  }
});
