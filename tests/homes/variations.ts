/**
 * What homes of 0.5.19 are found like: each a change to a home that it made and used, written as it
 * writes. See docs/protocol/identity-and-events.md, by the sections named.
 */
import { ref, type RefObject, withMembers, without } from "../interop/reference/json.ts";
import { at, object, print, text } from "../interop/reference/json.ts";
import { b64, makeCard, publicKeyOf, signCard, signEvent } from "../interop/reference/keys.ts";
import { pull, push, send } from "../interop/reference/mail.ts";
import { queue } from "../interop/reference/pairing.ts";
import { writePending } from "../interop/reference/pending.ts";
import { postEvent } from "../interop/reference/relay_calls.ts";
import { mint } from "../interop/reference/strangers.ts";
import { writePid } from "../interop/reference/daemon.ts";
import type { ReferenceHome } from "../interop/reference/home.ts";
import type { OldHomes } from "./old_home.ts";

export interface Variation {
  readonly name: string;
  apply(homes: OldHomes): Promise<void>;
}

const DEAD_PID = 4_194_300;
const AT = "2026-01-01T00:00:00.5Z";

const put = (home: ReferenceHome, name: string, content: string): Promise<void> =>
  Deno.writeTextFile(`${home.state}/${name}`, content);

const append = (home: ReferenceHome, peer: string, content: string): Promise<void> =>
  Deno.writeTextFile(`${home.state}/outbox/${peer}.jsonl`, content, { append: true });

export const VARIATIONS: readonly Variation[] = [
  {
    name: "modes of the umask, files of watchers, a stale pid record (§2, 17, 18, 21)",
    async apply({ alice }) {
      for (const name of ["trust.json", "agent-card.json"]) {
        await Deno.chmod(`${alice.config}/${name}`, 0o644);
      }
      await Deno.chmod(alice.state, 0o755);
      await Deno.writeTextFile(`${alice.config}/relay.lock`, "");
      await Deno.writeTextFile(
        `${alice.config}/policy.json`,
        '{"accept_unknown_pair_drops":false}',
      );
      await writePid(alice, DEAD_PID);
      await put(alice, "notify.pid", String(DEAD_PID));
      await put(alice, "notify.cursor", '{"bob":120}');
      await put(alice, "reactor.cursor", '{"bob":0}');
      await put(alice, "reactor-emitted.log", `${"ab".repeat(32)}\n`);
      await put(alice, "diag.enabled", "1");
      await put(
        alice,
        "diag.jsonl",
        '{"payload":{},"pid":1,"ts":1,"type":"pull","version":"0.5.19"}\n',
      );
      await put(
        alice,
        "pair-rejected.jsonl",
        '{"code":"pair_drop_consume_failed","detail":"x","peer":"<unknown>","ts":1}\n',
      );
      await put(alice, "daemon.log", "daemon: pushed=1\n");
    },
  },
  {
    name: "a pid file of before 0.5.11 (§17)",
    apply: ({ alice }) => put(alice, "daemon.pid", `${DEAD_PID}\n`),
  },
  {
    name: "a pid file that was cut off (§17)",
    apply: ({ alice }) => put(alice, "daemon.pid", '{\n  "schema": "wire-daem'),
  },
  {
    name: "endpoints of every kind, a stray relay-state.json, members of nobody (§10)",
    async apply({ alice, relayUrl }) {
      const state = await alice.relayState();
      const self = object(state, "self");
      const own = {
        relay_url: relayUrl,
        slot_id: text(self, "slot_id"),
        slot_token: text(self, "slot_token"),
      };
      const bob = object(state, "peers", "bob");
      const bobs = {
        relay_url: `${relayUrl}/`,
        slot_id: text(bob, "slot_id"),
        slot_token: text(bob, "slot_token"),
      };
      await alice.writeRelayState(object(withMembers(state, {
        self: withMembers(self, {
          endpoints: [{ ...own, scope: "federation" }, {
            scope: "lan",
            relay_url: "http://10.0.0.1",
          }],
          last_pulled_event_id_local: "cd".repeat(32),
        }),
        peers: {
          bob: withMembers(bob, {
            ...bobs,
            endpoints: [{ ...bobs, scope: "lan" }, { ...bobs, scope: "federation" }, {
              scope: "local",
            }],
            first_seen_at: AT,
          }),
          asked: { relay_url: relayUrl, slot_id: "ab".repeat(16), slot_token: "" },
        },
        of_nobody: [1, { deep: null }],
      })));
      const local = { ...own, relay_url: "http://127.0.0.1:8771", scope: "local" };
      const stray = ref({ self: { relay_url: relayUrl, endpoints: [local] } });
      await Deno.writeTextFile(`${alice.config}/relay-state.json`, print(stray));
    },
  },
  {
    name: "lines that agents appended, cut off, empty, for strangers (§11, 27)",
    async apply({ alice }) {
      await append(alice, "bob", '{"kind":"decision","body":{"a":[1,2.5]}}\n\n   \nnot json\n');
      await append(alice, "bob", '{"type":"claim","body":"no number"}\n');
      await append(alice, "stranger", '{"kind":1,"body":"nobody is pinned by that name"}\n');
      await send(alice, { peer: "bob", body: "with a deadline", deadline: "2030-01-01T00:00:00Z" });
      await send(alice, { peer: "bob", body: "1.0", kind: "+1001" });
    },
  },
  {
    name: "a file named after an address, and a line without its end (§11, 12)",
    async apply({ alice }) {
      await append(alice, "bob@relay.example", '{"body":"lost"}\n');
      await send(alice, { peer: "bob", body: "whole" });
      await append(alice, "bob", '{"kind":1,"body":"torn');
    },
  },
  {
    name: "an identity of before 0.5.7: a DID without a key in it, a card without a handle (§4, 6)",
    async apply({ alice, bob }) {
      const { seed } = await alice.signer();
      const card = without(makeCard(seed, "alice"), "handle", "signature");
      const old = signCard(seed, withMembers(card, { did: "did:wire:alice" }));
      await alice.write("agent-card.json", old);
      const trust = object(await alice.trust());
      const self = withMembers(object(trust, "agents", "alice"), { did: "did:wire:alice" });
      await alice.write(
        "trust.json",
        withMembers(trust, { agents: withMembers(object(trust, "agents"), { alice: self }) }),
      );
      await bob.pin(old);
    },
  },
  {
    name: "a card with a profile and members of later releases (§6, 22, 31.2)",
    async apply({ alice, bob }) {
      const { seed } = await alice.signer();
      const card = withMembers(without(await alice.card(), "signature"), {
        schema_version: "v3.2",
        dh_pubkey: b64(publicKeyOf(seed)),
        display: { emoji: "🦀", nickname: "x" },
        profile: { motto: 42, schema_version: "v0.5", vibe: ["rust", "night"], listed: true },
      });
      await alice.write("agent-card.json", signCard(seed, card));
      await bob.pin(await alice.card());
    },
  },
  {
    name: "pins of every tier, without card, with a key that is off (§9)",
    async apply({ alice }) {
      const trust = object(await alice.trust());
      const bob = object(trust, "agents", "bob");
      const key = (name: string, state: "on" | "off" = "on") => ({
        key_id: `${name}:00000000`,
        key: b64(new Uint8Array(32).fill(7)),
        added_at: AT,
        active: state === "on",
      });
      await alice.write(
        "trust.json",
        withMembers(trust, {
          agents: withMembers(object(trust, "agents"), {
            bob: withMembers(bob, { tier: "TRUSTED", verified_at: AT, of_nobody: true }),
            carol: { tier: "UNTRUSTED", did: "did:wire:carol", public_keys: [key("carol")] },
            dave: {
              tier: "VERIFIED",
              did: "",
              public_keys: [key("dave", "off"), key("dave2")],
            },
          }),
        }),
      );
    },
  },
  {
    name: "pairings, requests and invites under way (§14, 25)",
    async apply(homes) {
      const { alice, relayUrl } = homes;
      await queue(alice, "host", relayUrl);
      for (
        const [code, status] of [["11-AAAAAA", "aborted"], [
          "12-AAAAAA",
          "aborted_restart",
        ]] as const
      ) {
        await writePending(alice, {
          code,
          code_hash: "ab".repeat(32),
          role: "guest",
          relay_url: relayUrl,
          status,
          sas: null,
          peer_did: null,
          created_at: new Date().toISOString(),
          last_error: "why",
          pair_id: null,
          our_slot_id: null,
          our_slot_token: null,
          spake2_seed_b64: null,
        });
      }
      await mint(alice);
      const spent = "ef".repeat(32);
      await put(
        alice,
        `pending-invites/${spent}.json`,
        JSON.stringify(
          { nonce: spent, exp: 1, uses_remaining: 2, accepted_by: [], created_at: AT },
          null,
          2,
        ),
      );
      await Deno.mkdir(`${alice.state}/pending-inbound-pairs`, { recursive: true });
      const erin = await homes.another("erin");
      const self = object(await erin.relayState(), "self");
      // Of an older release: without endpoints.
      await put(
        alice,
        "pending-inbound-pairs/erin.json",
        JSON.stringify(
          {
            peer_handle: "erin",
            peer_did: await erin.did(),
            peer_card: plain(await erin.card()),
            peer_relay_url: relayUrl,
            peer_slot_id: text(self, "slot_id"),
            peer_slot_token: text(self, "slot_token"),
            event_id: "12".repeat(32),
            event_timestamp: AT,
            received_at: AT,
          },
          null,
          2,
        ),
      );
    },
  },
  {
    name: "unread mail behind the cursor, some of which froze it (§13)",
    async apply({ alice, bob }) {
      await send(bob, { peer: "alice", body: "zwei" });
      await push(bob, "daemon");
      const { seed, did } = await bob.signer();
      const slot = self(await alice.relayState());
      const base = { from: did, to: "did:wire:alice", type: "x", timestamp: AT, body: null };
      for (const odd of [{ kind: 1900 }, { kind: 1, schema_version: "v4" }]) {
        await postEvent(slot, signEvent(object(ref({ ...base, ...odd })), { seed, did }));
      }
      await send(bob, { peer: "alice", body: "drei" });
      await push(bob, "daemon");
      await pull(alice); // stops at the first of them, and keeps what follows
    },
  },
  {
    name: "a cursor that is no event (§13.4)",
    async apply({ alice }) {
      const state = await alice.relayState();
      const poisoned = withMembers(object(state, "self"), { last_pulled_event_id: "" });
      await alice.writeRelayState(object(withMembers(state, { self: poisoned })));
    },
  },
  {
    name: "an inbox of other programs' events, numbers of every spelling (§5, 7)",
    async apply({ alice, bob }) {
      const { seed, did } = await bob.signer();
      const event = signEvent(
        object(ref({
          from: did,
          kind: 4294968297,
          body: { f: 1.5, big: 18446744073709551615n, deep: [[[]]] },
          enc: "of nobody",
          type: "claim",
        })),
        { seed, did },
      );
      await postEvent(self(await alice.relayState()), event);
      await pull(alice);
    },
  },
];

const self = (state: RefObject) => ({
  relay_url: text(state, "self", "relay_url"),
  slot_id: text(state, "self", "slot_id"),
  slot_token: text(state, "self", "slot_token"),
});

/** Cards hold strings, lists and small integers only. */
function plain(value: RefObject): unknown {
  return JSON.parse(print(at(value) ?? value));
}
