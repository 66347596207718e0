/** Invites between ours and 0.5.19, each way, over both kinds of relay. */
import assert from "node:assert/strict";
import { pull } from "./reference/mail.ts";
import { acceptInvite, mint } from "./reference/strangers.ts";
import { checkToken, talk, tiers, two } from "./two.ts";
import { RELAYS } from "./world.ts";

for (const kind of RELAYS) {
  Deno.test(`interop: on ${kind}, 0.5.19 accepts an invite of ours`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    const url = (await ours.ok(["invite"])).trim();
    await acceptInvite(theirs, url);
    await ours.ok(["pull"]);
    assert.deepEqual(await tiers(ours), { bob: "VERIFIED" });
    await talk(pair);
    await checkToken(pair);
  });

  Deno.test(`interop: on ${kind}, ours accepts an invite of 0.5.19`, async () => {
    const pair = await two(kind);
    await using _ = pair.world;
    const { ours, theirs } = pair;
    const { paired_with } = await ours.record(["accept", await mint(theirs)]);
    assert.equal(paired_with, await theirs.did());
    const { isBlocked, rejected } = await pull(theirs);
    assert.deepEqual([isBlocked, rejected], [false, []]);
    await talk(pair);
    await checkToken(pair);
  });
}
