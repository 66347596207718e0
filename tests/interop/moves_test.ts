/** Mailboxes that move, or say so, between ours and 0.5.19, over both kinds of relay. */
import assert from "node:assert/strict";
import { parse, ref, text } from "./reference/json.ts";
import { pull, push, send } from "./reference/mail.ts";
import { acceptInvite } from "./reference/strangers.ts";
import { checkToken, talk, two } from "./two.ts";
import { RELAYS } from "./world.ts";

for (const kind of RELAYS) {
  Deno.test(`interop: on ${kind}, 0.5.19 follows ours to another mailbox`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    await acceptInvite(theirs, (await ours.ok(["invite"])).trim());
    await ours.ok(["pull"]);
    const before = text(await theirs.relayState(), "peers", "alice", "slot_id");
    const { announced_to } = await ours.record(["rotate-slot"]);
    assert.deepEqual(announced_to, ["bob"]);
    const { rejected } = await pull(theirs);
    assert.deepEqual(rejected, []);
    assert.notEqual(text(await theirs.relayState(), "peers", "alice", "slot_id"), before);
    const kinds = (await theirs.inbox("alice")).map((line) => text(parse(line), "type"));
    assert.ok(kinds.includes("wire_close"), kinds.join());
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, a wire_close of 0.5.19 is read, and moves nobody's mail`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    await acceptInvite(theirs, (await ours.ok(["invite"])).trim());
    await ours.ok(["pull"]);
    const elsewhere = { relay_url: "http://127.0.0.1:1", slot_id: "0".repeat(32) };
    const closed = await send(theirs, { peer: "alice", kind: "wire_close", body: ref(elsewhere) });
    await push(theirs, "command");
    const { written } = await ours.record(["pull"]);
    assert.deepEqual(written, [{ event_id: closed, from: "bob" }]);
    await talk(pair);
    await checkToken(pair);
  });
}
