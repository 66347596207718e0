/** pair/2 against a relay that answers what it likes: nobody is pinned by it, and nothing is stuck. */
import assert from "node:assert/strict";
import { pairHost } from "../../client/operations/pair_host.ts";
import {
  type Agent,
  assertVerified,
  type Between,
  met,
  Pair2World,
  rounds,
} from "./pair2_world.ts";

const HOUR = 3_600_000;

const isLook = ({ url, method }: Request): boolean =>
  method === "GET" && /pair2\/[0-9a-f]{32}$/.test(url);

/** Nobody but each itself. */
async function assertAlone(...agents: readonly Agent[]): Promise<void> {
  for (const agent of agents) {
    assert.equal((await agent.context().home.readTrust()).agents.size, 1);
    assert.deepEqual((await agent.context().home.readRelayState()).peers, {});
  }
}

const VIEW = {
  side: "host",
  joined: true,
  expires_at: "2027-01-01T00:00:00Z",
  peer: {},
  closed: null,
};

const GARBAGE: Readonly<Record<string, () => Response>> = {
  "a page": () => new Response("<html>", { headers: { "content-type": "text/html" } }),
  "no JSON": () => new Response("{"),
  "the other side's view": () => Response.json({ ...VIEW, side: "nobody" }),
  "a time that is none": () => Response.json({ ...VIEW, expires_at: "soon" }),
  "a time before all": () => Response.json({ ...VIEW, expires_at: "0001-01-01T00:00:00Z" }),
  "a phase that is a list": () => Response.json({ ...VIEW, peer: { commit: [] } }),
  "a megabyte": () => Response.json({ ...VIEW, filling: "x".repeat(1024 * 1024) }),
  "500": () => new Response("no", { status: 500 }),
  "429": () => new Response("Too Many Requests! Wait for 1s", { status: 429 }),
};

for (const [name, answer] of Object.entries(GARBAGE)) {
  Deno.test(`a look that is answered by ${name} is asked again, until the pairing's hour is over`, async () => {
    const { world, alice, bob } = await met();
    await using _ = world;
    world.between = (request) => isLook(request) ? answer() : undefined;
    await rounds(alice, bob, 2);
    assert.deepEqual([(await alice.state()).tag, (await bob.state()).tag], ["waiting", "shown"]);
    await world.clock.advance(HOUR);
    await rounds(alice, bob, 1);
    for (const agent of [alice, bob]) assert.equal((await agent.state()).tag, "ended");
    await assertAlone(alice, bob);
  });

  Deno.test(`a look that is answered by ${name} for a while delays, and no more`, async () => {
    const { world, alice, bob } = await met();
    await using _ = world;
    let looks = 0;
    world.between = (request) => isLook(request) && looks++ < 5 ? answer() : undefined;
    await rounds(alice, bob, 12);
    await assertVerified(alice, bob);
  });
}

Deno.test("phases of the wrong length, of nobody, or of the side itself end it; nobody is pinned", async () => {
  const wrong = ["", "AAAA", "!", btoa("x".repeat(188)), btoa("\0".repeat(65))];
  for (const phase of ["pake", "confirm", "card"]) {
    for (const body of wrong) {
      const { world, alice, bob } = await met();
      const forge: Between = async (request, agent) => {
        if (!isLook(request)) return undefined;
        const remoteAddress = agent;
        const reply = await world.relayWorld.relay.fetch(request, { remoteAddress });
        const view = await reply.json();
        if (view.peer?.[phase] !== undefined) view.peer[phase] = body;
        return Response.json(view);
      };
      world.between = forge;
      await rounds(alice, bob, 6);
      for (const agent of [alice, bob]) assert.equal((await agent.state()).tag, "ended", phase);
      await assertAlone(alice, bob);
      await world[Symbol.asyncDispose]();
    }
  }
});

Deno.test("a relay that mirrors each side's own phases back pairs it with nobody", async () => {
  await using world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const put = new Map<string, Record<string, string>>();
  world.between = async (request, agent) => {
    const own = put.get(agent) ?? {};
    const phase = request.url.match(/\/(commit|pake|confirm|card|done)$/)?.[1];
    if (phase !== undefined) {
      put.set(agent, { ...own, [phase]: (await request.clone().json()).body });
      return undefined;
    }
    const side = agent === "alice" ? "host" : "guest";
    return isLook(request) ? Response.json({ ...VIEW, side, peer: own }) : undefined;
  };
  const failed = { code: "pairing_failed", message: /not the one it committed to; somebody may/ };
  await assert.rejects(world.host(alice), failed);
  const free = await world.relayWorld.call("/v1/pair2", { body: { claim: "0".repeat(32) } });
  const { nameplate } = JSON.parse(free.text);
  await assert.rejects(world.join(bob, `${nameplate}-abandon-ability-able`), failed);
  for (const agent of [alice, bob]) assert.equal((await agent.state()).tag, "ended");
  await assertAlone(alice, bob);
});

Deno.test("a place under another number, or for the other side, is not taken", async () => {
  await using world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.host(alice);
  const seat = {
    nameplate: "0000",
    pair_id: "a".repeat(32),
    side: "guest",
    side_token: "b".repeat(32),
    expires_at: "2027-01-01T00:00:00Z",
  };
  world.between = ({ url, method }) =>
    method === "POST" && /pair2(\/\d+)?$/.test(url)
      ? Response.json(seat, { status: 201 })
      : undefined;
  await assert.rejects(world.join(bob, code), { message: /the place of another code/ });
  const { signal } = new AbortController();
  await assert.rejects(async () => {
    const input = { relay: "http://relay.test" };
    for await (const _ of pairHost.stream(bob.context(), input, signal));
  }, { code: "relay_garbage" });
  await assertAlone(alice, bob);
});
