import assert from "node:assert/strict";
import { JsonNumber, type JsonObject, withMembers } from "../json/value.ts";
import { admitCard, type AdmittedCard, makeCard, signCard } from "./card.ts";
import { judgeCardUpdate, nextIssuedAt, type PinnedIdentity } from "./card_update.ts";
import { keyPairFromSeed } from "./keys.ts";

const keys = keyPairFromSeed(new Uint8Array(32).fill(7));
const other = keyPairFromSeed(new Uint8Array(32).fill(8));

function admitted(members: JsonObject, signer = keys): AdmittedCard {
  const card = makeCard({ handle: "bob", keys: signer });
  const admission = admitCard(signCard(withMembers(card, members), signer));
  assert.ok(admission.ok);
  return admission;
}

const pinnedTo = ({ did, card }: AdmittedCard): PinnedIdentity => ({
  did,
  keys: [keys.publicKey],
  card,
});

const old = admitted({
  issued_at: "2026-01-02T00:00:00Z",
  capabilities: ["wire/v3.1", "wire/sealed-x25519"],
});
const verdict = (members: JsonObject) => judgeCardUpdate(pinnedTo(old), admitted(members));
const refused = (reason: string) => ({ tag: "refused", reason });

Deno.test("a later card of the same DID and key is taken, and says what it lost", () => {
  assert.deepEqual(verdict({ issued_at: "2026-01-02T00:00:00.001Z" }), {
    tag: "newer",
    lost: ["wire/sealed-x25519"],
  });
  // Another zone, the same moment and a later one.
  assert.deepEqual(verdict({ issued_at: "2026-01-02T01:00:00+01:00" }), refused("not_later"));
  assert.equal(verdict({ issued_at: "2026-01-01T23:00:00-02:00" }).tag, "newer");
});

Deno.test("a card that a relay replays or held back is not taken", () => {
  assert.deepEqual(verdict({ issued_at: "2026-01-02T00:00:00Z" }), refused("not_later"));
  assert.deepEqual(verdict({ issued_at: "2026-01-01T00:00:00Z" }), refused("not_later"));
  const undated: JsonObject[] = [{}, { issued_at: "soon" }, { issued_at: new JsonNumber("1") }];
  for (const members of undated) assert.deepEqual(verdict(members), refused("undated"));
});

Deno.test("lesson 24: another key, or another DID, is never an update", () => {
  const later = { issued_at: "2027-01-01T00:00:00Z" };
  assert.deepEqual(judgeCardUpdate(pinnedTo(old), admitted(later, other)), refused("other_did"));
  const sameDid = { ...pinnedTo(old), keys: [other.publicKey] };
  assert.deepEqual(judgeCardUpdate(sameDid, admitted(later)), refused("other_key"));
  assert.deepEqual(
    judgeCardUpdate({ ...pinnedTo(old), keys: [] }, admitted(later)),
    refused("other_key"),
  );
});

Deno.test("a dated card follows one of 0.5.19, which has no date, and no card at all", () => {
  const update = admitted({ issued_at: "2020-01-01T00:00:00Z" });
  assert.equal(judgeCardUpdate(pinnedTo(admitted({})), update).tag, "newer");
  assert.equal(judgeCardUpdate({ ...pinnedTo(old), card: undefined }, update).tag, "newer");
});

Deno.test("a new card is later than the old one, also when the clock was set back", () => {
  const now = Date.parse("2026-01-03T00:00:00Z");
  assert.equal(nextIssuedAt({}, now), "2026-01-03T00:00:00Z");
  assert.equal(nextIssuedAt(old.card, now), "2026-01-03T00:00:00Z");
  assert.equal(nextIssuedAt(old.card, 0), "2026-01-02T00:00:00.001Z");
});
