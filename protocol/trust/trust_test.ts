import assert from "node:assert/strict";
import { WireError } from "../errors.ts";
import { admitCard, type AdmittedCard, makeCard } from "../identity/card.ts";
import { keyPairFromSeed, toBase64 } from "../identity/keys.ts";
import { isHandle } from "../ids.ts";
import { parseJson } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { isJsonObject, type Json, withMembers } from "../json/value.ts";
import {
  agentOf,
  capabilitiesOf,
  effectiveTier,
  emptyTrust,
  isSelf,
  keysOf,
  parseTrust,
  pinCard,
  type PinOptions,
  printTrust,
  readTier,
  removeAgent,
  selfEntry,
  type TrustStore,
} from "./trust.ts";

const at = "2026-11-21T05:06:01.22972775Z";
const options: PinOptions = { tier: "VERIFIED", at };

function cardOf(handle: string, seed: number): AdmittedCard {
  const keys = keyPairFromSeed(new Uint8Array(32).fill(seed));
  const admitted = admitCard(makeCard({ handle, keys }));
  assert.ok(admitted.ok);
  return admitted;
}

const alice = cardOf("alice", 1);
const bob = cardOf("bob", 2);
const us = selfEntry(bob, { at });

function pin(store: TrustStore, card: AdmittedCard, pinOptions = options): TrustStore {
  const pinned = pinCard(store, card, pinOptions);
  assert.ok(pinned.ok);
  return pinned.store;
}

const refusal = (store: TrustStore, card: AdmittedCard): string => {
  const pinned = pinCard(store, card, options);
  assert.ok(pinned.ok || !pinned.message.includes("\n"));
  return pinned.ok ? "pinned" : pinned.reason;
};

/** The entry changed by hand, as a person or another program might. */
function edited(store: TrustStore, handle: string, members: Record<string, Json>): TrustStore {
  const document = parseJson(printTrust(store));
  assert.ok(isJsonObject(document) && isJsonObject(document.agents));
  const entry = document.agents[handle];
  assert.ok(isJsonObject(entry));
  return parseTrust(printJson(withMembers(document, {
    agents: withMembers(document.agents, { [handle]: withMembers(entry, members) }),
  })));
}

Deno.test("the file after init and a pin is 0.5.19's, byte for byte", () => {
  assert.equal(
    printTrust(pin(us, alice)),
    `{
  "agents": {
    "alice": {
      "card": {
        "capabilities": [
          "wire/v3.1"
        ],
        "did": "did:wire:alice-34750f98",
        "handle": "alice",
        "name": "Alice",
        "policies": {
          "max_message_body_kb": 64
        },
        "schema_version": "v3.1",
        "signature": "FwOPLt3Djz7iEgFiKkRKLaTB5+Aj9rUkxuCmW3c8frG8KU+NnRAgaBQxgX/ejEsS0bkqOy6+suc19jvjdtB1BA==",
        "verify_keys": {
          "ed25519:alice:34750f98": {
            "active": true,
            "alg": "ed25519",
            "key": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="
          }
        }
      },
      "did": "did:wire:alice-34750f98",
      "pinned_at": "${at}",
      "public_keys": [
        {
          "active": true,
          "added_at": "${at}",
          "key": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
          "key_id": "alice:34750f98"
        }
      ],
      "tier": "VERIFIED"
    },
    "bob": {
      "did": "did:wire:bob-6a3803d5",
      "public_keys": [
        {
          "active": true,
          "added_at": "${at}",
          "key": "gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=",
          "key_id": "bob:6a3803d5"
        }
      ],
      "tier": "ATTESTED"
    }
  },
  "version": 1
}`,
  );
});

Deno.test("how a pin came about is two members that the reference does not have", () => {
  const store = pin(us, alice, { ...options, via: "sas", proof: "digits typed on a terminal" });
  const entry = agentOf(store, "alice");
  assert.equal(entry?.value.paired_via, "sas");
  assert.equal(entry?.value.sas_proof, "digits typed on a terminal");
});

Deno.test("lesson 22: P6: another key under a pinned name is refused, and nothing changes", () => {
  const store = pin(us, alice);
  const before = printTrust(store);
  const mallory = cardOf("alice", 3);
  assert.equal(refusal(store, mallory), "other_key");
  assert.equal(printTrust(store), before);
  const pinned = pinCard(store, mallory, options);
  assert.ok(!pinned.ok);
  assert.match(pinned.message, /^Cannot pin "did:wire:alice-[0-9a-f]{8}": the name "alice" is /);
  assert.equal(refusal(removeAgent(store, "alice"), mallory), "pinned", "after forgetting");
});

Deno.test("a name that differs only in case is the same name, since it is the same file", () => {
  assert.equal(refusal(pin(us, alice), cardOf("Alice", 3)), "other_key");
  assert.equal(refusal(pin(us, alice), cardOf("ALICE", 1)), "other_key");
});

Deno.test("we are never pinned over: not by our name, not by our key", () => {
  assert.equal(refusal(us, bob), "self");
  assert.equal(refusal(us, cardOf("bob", 3)), "self");
  assert.equal(refusal(us, cardOf("BOB", 3)), "self");
  assert.equal(refusal(us, cardOf("carol", 2)), "self");
  assert.ok(isSelf(agentOf(us, "bob") ?? assert.fail()));
});

Deno.test("an entry whose keys cannot be read counts as another key", () => {
  for (const keys of [null, [], [{ key_id: "alice:34750f98" }], "x"]) {
    assert.equal(
      refusal(edited(pin(us, alice), "alice", { public_keys: keys }), alice),
      "other_key",
    );
  }
});

Deno.test("the same key again refreshes the card and keeps tier, states and unknown members", () => {
  const deactivated = [{
    key_id: "alice:34750f98",
    key: toBase64(alice.publicKey),
    added_at: "2020-01-01T00:00:00Z",
    active: false,
  }];
  const store = edited(pin(us, alice), "alice", {
    tier: "TRUSTED",
    did: "did:wire:alice",
    public_keys: deactivated,
    note: "mine",
  });
  const entry = agentOf(
    pin(store, alice, { tier: "UNTRUSTED", at: "2027-01-01T00:00:00Z" }),
    "alice",
  );
  assert.ok(entry);
  assert.equal(entry.tier, "TRUSTED");
  assert.equal(entry.did, alice.did);
  assert.equal(entry.value.note, "mine");
  assert.equal(entry.value.pinned_at, "2027-01-01T00:00:00Z");
  assert.deepEqual(keysOf(entry).map((key) => key.active), [false]);
});

Deno.test("the same key under another key id gains the one that events name", () => {
  const renamed = [{ key_id: "old", key: toBase64(alice.publicKey) }];
  const store = edited(pin(us, alice), "alice", { public_keys: renamed });
  const entry = agentOf(pin(store, alice), "alice");
  assert.ok(entry);
  assert.deepEqual(keysOf(entry).map((key) => key.keyId), ["old", "alice:34750f98"]);
});

Deno.test("lesson 21: one function says PENDING_ACK while there is no token", () => {
  const [withToken, withoutToken] = [true, false];
  const agent = agentOf(pin(us, alice), "alice");
  assert.equal(effectiveTier(agent, withToken), "VERIFIED");
  assert.equal(effectiveTier(agent, withoutToken), "PENDING_ACK");
  assert.equal(effectiveTier(agentOf(us, "bob"), withoutToken), "ATTESTED");
  assert.equal(effectiveTier(undefined, withoutToken), "UNTRUSTED");
});

Deno.test("what is no tier reads as UNTRUSTED", () => {
  assert.equal(readTier("ORG_VERIFIED"), "ORG_VERIFIED");
  for (const odd of ["verified", "", 3, null, undefined, {}]) {
    assert.equal(readTier(odd), "UNTRUSTED");
  }
});

Deno.test("capabilities come from the pinned card", () => {
  const store = pin(us, alice);
  assert.deepEqual(capabilitiesOf(agentOf(store, "alice")), ["wire/v3.1"]);
  assert.deepEqual(capabilitiesOf(agentOf(store, "bob")), []);
  assert.deepEqual(capabilitiesOf(undefined), []);
});

Deno.test("P7: a trust file that cannot be read is an error, a missing one is an empty store", () => {
  assert.equal(printTrust(emptyTrust()), '{\n  "agents": {},\n  "version": 1\n}');
  for (
    const text of ["", "{", "null", "[]", '{"agents":[]}', '{"agents":null}', '{"agents":"x"}']
  ) {
    assert.throws(
      () => parseTrust(text),
      (error) => error instanceof WireError && error.code === "unreadable",
      text,
    );
  }
  assert.equal(parseTrust("{}").agents.size, 0);
});

Deno.test("unknown members and numbers of the file survive, also beside what is changed", () => {
  const text = '{"agents":{"x":{"big":9007199254740993,"tier":7},"y":1},"later":[1.0],"version":1}';
  const store = parseTrust(text);
  assert.equal(printJson(store.document), text);
  assert.equal(agentOf(store, "x")?.tier, "UNTRUSTED");
  assert.equal(agentOf(store, "y")?.did, "");
  assert.equal(printJson(removeAgent(pin(store, alice), "alice").document), text);
  assert.equal(removeAgent(store, "nobody"), store);
});

Deno.test("handles named as parts of Object are found only when they are there", () => {
  assert.equal(agentOf(us, "__proto__"), undefined);
  assert.ok(isHandle("__proto__"));
  const odd = pin(us, cardOf("__proto__", 4));
  assert.equal(parseTrust(printTrust(odd)).agents.get("__proto__")?.tier, "VERIFIED");
  assert.equal(removeAgent(odd, "__proto__").agents.size, 1);
});
