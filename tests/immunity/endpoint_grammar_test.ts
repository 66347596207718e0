/**
 * What a mailbox may look like, the same at every reader that takes one from a peer: the ids are hex
 * of their length, the address is http(s) without user info, query and fragment.
 */
import assert from "node:assert/strict";
import { peerRoutes } from "../../client/sync/routes.ts";
import { readMailbox } from "../../protocol/drop/drop.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { invitedDrop } from "../../protocol/invite/invited_drop.ts";
import { isHandle } from "../../protocol/ids.ts";
import { printJson } from "../../protocol/json/print.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { openCard, sealCard } from "../../protocol/pair2/card.ts";
import { parseBootstrap } from "../../protocol/pairing/bootstrap.ts";
import { RelayState } from "../../protocol/schemas/relay_state.ts";
import { dropFrom, LAIR, signed, stranger } from "./attack_world.ts";

const EVE = stranger("eve");
const IDA = stranger("ida");
const bytes = (value: JsonObject): Uint8Array => new TextEncoder().encode(printJson(value));
const shared = { key: new Uint8Array(32).fill(1), th: new Uint8Array(32).fill(2) };

/** Whether each takes a mailbox of these members. */
const READERS: Readonly<Record<string, (mailbox: JsonObject) => boolean>> = {
  "drops and acks": (mailbox) => readMailbox(mailbox) !== undefined,
  "their endpoints": (mailbox) =>
    (readMailbox({
      ...LAIR,
      slot_id: "7".repeat(32),
      endpoints: [{ ...mailbox, scope: "federation" }],
    })
      ?.length ?? 0) > 1,
  "drops that answer an invite": (mailbox) => {
    const body = { card: EVE.card, ...mailbox, pair_nonce: "0".repeat(64) };
    const event = parseEvent(printJson(signed({ ...dropFrom(EVE, IDA.did), body }, EVE)));
    assert.ok(isHandle("ida"));
    return invitedDrop(event, { did: IDA.did, handle: "ida" }) !== undefined;
  },
  "the bootstrap of the old pairing form": (mailbox) =>
    parseBootstrap(bytes({ card: EVE.card, ...mailbox }), IDA.keys.publicKey).ok,
  "the card of pair/2": (mailbox) => {
    const { slot_token: grant, ...place } = mailbox;
    const plaintext = bytes({ card: EVE.card, ...place, grant, endpoints: [] });
    const sealed = sealCard({ side: "guest", shared, nonce: new Uint8Array(12) }, plaintext);
    return openCard(sealed, { side: "guest", shared, publicKey: EVE.keys.publicKey }).ok;
  },
  "relay.json": (mailbox) => {
    const state = RelayState.safeParse({ peers: { eve: mailbox } });
    return state.success && peerRoutes(state.data, "eve").tag === "routes";
  },
};

const BAD: Readonly<Record<keyof typeof LAIR, readonly unknown[]>> = {
  relay_url: [
    "",
    "relay.test",
    "ftp://relay.test",
    "file:///etc/passwd",
    "unix:///run/wire.sock",
    "javascript:alert(1)",
    "http://",
    "http://user@relay.test",
    "http://user:secret@relay.test",
    "http://@relay.test",
    "http://relay.test?x=1",
    "http://relay.test#x",
    "http://relay.test\\@other.test",
    "http://relay.test/\r\nx: y",
    " http://relay.test",
    "http://[::1",
    "http://[fe80::1%25eth0]",
    `http://${"a".repeat(3000)}.test`,
    1,
    null,
    ["http://relay.test"],
  ],
  slot_id: [
    "",
    "6".repeat(31),
    "6".repeat(33),
    "A".repeat(32),
    "../".repeat(11),
    `${"6".repeat(32)}\n`,
    6,
    null,
  ],
  slot_token: [
    "",
    "6".repeat(63),
    "6".repeat(65),
    "A".repeat(64),
    `${"6".repeat(64)}\r\n`,
    6,
    null,
  ],
};

for (const [name, reads] of Object.entries(READERS)) {
  Deno.test(`a mailbox from a peer has one grammar: ${name}`, () => {
    for (
      const relay_url of [LAIR.relay_url, "https://relay.test:8443/wire", "http://[2606:4700::1]"]
    ) {
      assert.ok(reads({ ...LAIR, relay_url }), relay_url);
    }
    for (const [member, values] of Object.entries(BAD)) {
      for (const value of values) {
        const mailbox: JsonObject = JSON.parse(JSON.stringify({ ...LAIR, [member]: value }));
        assert.ok(!reads(mailbox), `${member}: ${JSON.stringify(value)}`);
      }
      const { [member]: _missing, ...rest }: JsonObject = LAIR;
      assert.ok(!reads(rest), `no ${member}`);
    }
  });
}
