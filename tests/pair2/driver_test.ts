/** pair/2 as the daemons of two homes drive it, each step by a process that was just started. */
import assert from "node:assert/strict";
import { FakeRandom } from "../../platform/fake/random.ts";
import { readGrants } from "../../store/home/grants.ts";
import { assertVerified, compare, met, Pair2World, rounds } from "./pair2_world.ts";

const MINUTE = 60_000;

for (const order of ["the host's", "the guest's"] as const) {
  Deno.test(`lesson 17: each step by a process that was just started, ${order} first: both verified`, async () => {
    const { world, alice, bob } = await met();
    await using _ = world;
    await (order === "the host's" ? rounds(alice, bob) : rounds(bob, alice));
    await assertVerified(alice, bob);
    assert.ok(!world.calls.some((call) => /words|abandon/.test(call)));
  });
}

Deno.test("a code of four words pairs, too", async () => {
  const { world, alice, bob, code } = await met(4);
  await using _ = world;
  assert.match(code, /^\d{4}(-[a-z]+){4}$/);
  await rounds(alice, bob);
  await assertVerified(alice, bob);
});

Deno.test("the words are in no request, not even hashed, and in no file once it is over", async () => {
  const { world, alice, bob, code } = await met();
  await using _ = world;
  const said: string[] = [];
  world.between = async (request) => {
    said.push(`${request.url} ${await request.clone().text()}`);
    return undefined;
  };
  await rounds(alice, bob);
  const words = code.split("-").slice(1);
  for (const word of words) assert.ok(!said.join("\n").includes(word), word);
  assert.ok(!JSON.stringify(alice.files.texts()).includes(words.join("-")));
  const record = JSON.stringify(await alice.state());
  assert.ok(!words.some((word) => record.includes(word)), record);
});

Deno.test("P2: nobody is in the files of 0.5.19 before the other side has said that it is done", async () => {
  const { world, alice, bob } = await met();
  await using _ = world;
  for (let round = 0; round < 12; round++) {
    for (const [agent, other] of [[alice, bob], [bob, alice]] as const) {
      await agent.tick();
      const { tag } = await agent.state();
      if (tag === "verified") continue;
      assert.equal(await agent.tierOf(other.name), undefined, tag);
      assert.deepEqual((await agent.context().home.readRelayState()).peers, {}, tag);
      await compare(agent, other, agent.context());
    }
  }
  await assertVerified(alice, bob);
});

Deno.test("a relay that answers only now and then delays, and ends nothing", async () => {
  const { world, alice, bob } = await met();
  await using _ = world;
  const random = new FakeRandom("relay");
  world.between = () => (random.bytes(1)[0] ?? 0) % 2 === 0 ? undefined : "dropped";
  await rounds(alice, bob, 60);
  await assertVerified(alice, bob);
});

Deno.test("a guest who comes at the last moment has ten minutes more", async () => {
  await using world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.host(alice);
  await world.clock.advance(9 * MINUTE);
  await world.join(bob, code);
  for (const agent of [alice, bob, alice]) await agent.tick();
  await world.clock.advance(9 * MINUTE);
  await rounds(alice, bob);
  await assertVerified(alice, bob);
});

Deno.test("the grant that was made for a pairing is the peer's at its end, and pairing again makes no other", async () => {
  const { world, alice, bob } = await met();
  await using _ = world;
  const held = async (): Promise<readonly string[]> =>
    (await readGrants(alice.context().home)).grants.map(({ holder, token }) =>
      `${holder} ${token}`
    );
  await rounds(alice, bob);
  const [grant, ...others] = await held();
  assert.deepEqual(others, []);
  const { peers } = await bob.context().home.readRelayState();
  assert.equal(grant, `${bob.did} ${peers["alice"]?.slot_token}`);
  await world.clock.advance(MINUTE);
  await world.join(bob, await world.host(alice));
  await rounds(alice, bob);
  await assertVerified(alice, bob);
  assert.deepEqual(await held(), [grant]);
});
