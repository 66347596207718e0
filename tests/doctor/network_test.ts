/** Relays, and what stands between us and them. */
import assert from "node:assert/strict";
import { parseRelayUrl } from "../../protocol/ids.ts";
import { updateRelayFeatures } from "../../store/home/relay_features.ts";
import { PEER_SLOT, RELAY, SECRETS, SLOT } from "./patient.ts";
import { ANCIENT, findsEach } from "./ailment.ts";

findsEach([
  {
    check: "relay",
    name: "lesson 50: doctor shows why a relay cannot be reached: TLS",
    status: "FAIL",
    detail: /TLS error: .*UnknownIssuer/,
    fix: /openssl s_client/,
    break: (patient) => void patient.platform.net.fail(RELAY, "tls"),
  },
  {
    check: "relay",
    name: "lesson 50: doctor shows why a relay cannot be reached: DNS",
    status: "FAIL",
    detail: /DNS error: /,
    fix: /nslookup/,
    break: (patient) => void patient.platform.net.fail(RELAY, "dns"),
  },
  {
    check: "relay",
    name: "doctor: a captive portal is told from a relay",
    status: "FAIL",
    detail: /is no relay: a captive portal/,
    break: (patient) =>
      void patient.answers.set("/healthz", () => new Response("<html>Log in</html>")),
  },
  {
    check: "relay",
    name: "doctor: a home without a mailbox is told how to get one",
    status: "WARN",
    detail: /no relay bound/,
    fix: /^wire bind-relay /,
    async break(patient) {
      await patient.home.updateRelayState("test", (state) => ({ ...state, self: null }));
    },
  },
  {
    check: "relay_features",
    name: "doctor: what a relay offered before and does not any more is named",
    status: "FAIL",
    detail: /offered sealing before/,
    fix: /--accept-lost-features$/,
    async break(patient) {
      const url = parseRelayUrl(RELAY);
      assert.ok(url);
      await updateRelayFeatures(patient.home, url, (known) => [...known, "sealing"]);
    },
  },
  {
    check: "tls",
    name: "lesson 48: doctor counts the roots, and says that the system has none",
    status: "WARN",
    detail: /^0 roots of the system, 150 bundled/,
    break: (patient) => void (patient.platform.machine.roots = { system: 0, bundled: 150 }),
  },
  {
    check: "tls",
    name: "doctor: switched-off verification is named",
    status: "FAIL",
    detail: /certificates are not verified/,
    fix: /^unset WIRE_INSECURE_SKIP_TLS_VERIFY$/,
    break: (patient) =>
      void patient.platform.env.variables.set("WIRE_INSECURE_SKIP_TLS_VERIFY", "yes"),
  },
  {
    check: "proxy",
    name: "doctor: a proxy that carries no WebSockets is named",
    status: "WARN",
    detail: /https_proxy cannot be used for http:\/\/relay\.test: socks/,
    fix: /^unset https_proxy$/,
    break: (patient) =>
      void (patient.platform.machine.proxy = {
        tag: "unusable",
        variable: "https_proxy",
        why: "socks",
      }),
  },
  {
    check: "clock",
    name: "doctor: a clock that differs from the relay's is named",
    status: "FAIL",
    detail: /our clock is 1 hour ahead of http:\/\/relay\.test/,
    break: (patient) =>
      void patient.answers.set("/healthz", () => {
        const date = new Date(Date.now() - 3_605_000).toUTCString();
        return new Response("ok", { headers: { date, "wire-relay": 'features="grants ws"' } });
      }),
  },
  {
    check: "transport",
    name: "lesson 47: doctor says why mail comes only when it is asked for",
    status: "WARN",
    detail: /only when it is asked for: the proxy refuses/,
    break: (patient) =>
      Deno.writeTextFile(
        patient.state("transports.json"),
        JSON.stringify([{
          relay_url: RELAY,
          slot_id: SLOT,
          transport: "polling",
          why: "the proxy refuses",
        }]),
      ),
  },
  {
    check: "mailbox",
    name: "lesson 6: doctor says that the relay does not know our mailbox any more",
    status: "FAIL",
    detail: /does not know our mailbox a1a1a1a1… any more: slot_state failed: 404/,
    fix: /^wire bind-relay http:\/\/relay\.test --migrate-pinned$/,
    break: (patient) =>
      void patient.answers.set(
        `/v1/slot/${SLOT}/state`,
        () => new Response('{"error":"unknown slot"}', { status: 404 }),
      ),
  },
  {
    check: "old_mailboxes",
    name: "lesson 13: doctor names who was not told that we moved",
    status: "WARN",
    detail: /not told yet that we left http:\/\/old\.test .*: bob/,
    async break(patient) {
      await patient.home.updateRelayState("test", (state) => ({
        ...state,
        previous_mailboxes: [{
          relay_url: "http://old.test",
          slot_id: PEER_SLOT,
          slot_token: SECRETS.peerToken,
          moved_at: ANCIENT,
          untold: ["bob"],
        }],
      }));
    },
  },
]);
