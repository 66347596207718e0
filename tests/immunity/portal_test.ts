/** A captive portal, or a proxy of a company, that answers in the place of the relay for a while. */
import assert from "node:assert/strict";
import { PairWorld, pinned, statusOf } from "../../client/pairing/fake/pair_world.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";

const PAGE = "<!doctype html><title>Welcome to our Wi-Fi</title>";
const html = { "content-type": "text/html" };

const ANSWERS: Readonly<Record<string, () => Response>> = {
  "a redirection": () =>
    new Response(null, { status: 302, headers: { location: "http://portal.test/login" } }),
  "a permanent redirection": () =>
    new Response(PAGE, { status: 308, headers: { ...html, location: "http://portal.test/" } }),
  "a page with 200": () => new Response(PAGE, { headers: html }),
  "a page with 403": () => new Response(PAGE, { status: 403, headers: html }),
  "a page with 404": () => new Response(`\n  ${PAGE}`, { status: 404, headers: html }),
  "a page with 409": () => new Response(PAGE, { status: 409, headers: html }),
  "a proxy that wants to know who we are": () => new Response("", { status: 407 }),
  "a page with 511": () => new Response(PAGE, { status: 511, headers: html }),
};

for (const [name, answer] of Object.entries(ANSWERS)) {
  Deno.test(`lesson 17: ${name} in the place of a relay ends no pairing`, async () => {
    const world = new PairWorld();
    const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
    const code = await world.queueHost(alice);
    await world.queueJoin(bob, code);
    const digits = async (): Promise<string> =>
      (await alice.context.home.pendingPairs.read(code))?.sas ?? "";
    const throughPortal = async (): Promise<void> => {
      world.relay.intercept = answer;
      const before = [await statusOf(alice, code), await statusOf(bob, code)];
      for (const _ of [1, 2]) await world.tick(alice, bob);
      assert.deepEqual([await statusOf(alice, code), await statusOf(bob, code)], before);
      world.relay.intercept = () => undefined;
      await world.clock.advance(20_000);
    };
    await throughPortal();
    await world.tick(alice);
    await throughPortal();
    await world.tick(bob, alice);
    await throughPortal();
    for (const { context } of [alice, bob]) {
      await pairConfirm.run(context, { code, digits: await digits() });
    }
    await throughPortal();
    await world.tick(alice, bob, alice);
    assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
    assert.deepEqual(await pinned(bob), { [alice.did]: "VERIFIED" });
  });
}
