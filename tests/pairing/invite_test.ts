/** Invites from end to end: the published commands, our relay, two machines and those who attack. */
import assert from "node:assert/strict";
import { Machines, RELAY_URL } from "./machines.ts";

Deno.test("P10: an invite pairs two machines, and mail goes both ways", async () => {
  await using machines = new Machines();
  const [ida, bob] = [await machines.agent("ida"), machines.machine("bob")];
  const url = (await ida.ok(["invite"])).trim();
  const { paired_with } = await bob.record(["accept", url]);
  assert.equal(paired_with, (await ida.record(["whoami"]))["did"]);
  assert.deepEqual(await bob.tiers(), { ida: "VERIFIED" });
  assert.deepEqual(await ida.tiers(), {}, "nobody is pinned before their drop was read");
  await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), { bob: "VERIFIED" });
  await ida.ok(["send", "bob", "hello bob"]);
  await bob.ok(["send", "ida", "hello ida"]);
  for (const machine of [ida, bob]) await machine.ok(["push"]);
  for (const machine of [ida, bob]) await machine.ok(["pull"]);
  assert.ok((await ida.bodies("bob")).includes("hello ida"));
  assert.ok((await bob.bodies("ida")).includes("hello bob"));
});

Deno.test("lesson 19: a used invite pins nobody else, and the cursor goes on", async () => {
  await using machines = new Machines();
  const ida = await machines.agent("ida");
  const [bob, mallory] = [machines.machine("bob"), machines.machine("mallory")];
  const url = (await ida.ok(["invite"])).trim();
  await bob.ok(["accept", url]);
  await mallory.ok(["accept", url]);
  await ida.ok(["pull"]);
  await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), { bob: "VERIFIED" });
  await bob.ok(["send", "ida", "after mallory"]);
  await bob.ok(["push"]);
  await ida.ok(["pull"]);
  assert.ok((await ida.bodies("bob")).includes("after mallory"));
});

Deno.test("an expired invite pins nobody, on the first pull and on every later one", async () => {
  await using machines = new Machines();
  const [ida, bob] = [await machines.agent("ida"), machines.machine("bob")];
  const url = (await ida.ok(["invite", "--ttl", "60"])).trim();
  await bob.ok(["accept", url]);
  await machines.clock.advance(61_000);
  for (const _ of [1, 2]) await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), {});
  const { code, stderr } = await machines.machine("carol").run(["accept", url]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: invite expired \(exp=/);
});

Deno.test("accepting twice takes one use", async () => {
  await using machines = new Machines();
  const ida = await machines.agent("ida");
  const [bob, carol] = [machines.machine("bob"), machines.machine("carol")];
  const url = (await ida.ok(["invite", "--uses", "2"])).trim();
  for (const machine of [bob, bob, carol]) await machine.ok(["accept", url]);
  await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), { bob: "VERIFIED", carol: "VERIFIED" });
});

Deno.test("P4: a forgotten peer does not come back with the invite that it used", async () => {
  await using machines = new Machines();
  const [ida, bob] = [await machines.agent("ida"), machines.machine("bob")];
  const url = (await ida.ok(["invite", "--uses", "2"])).trim();
  await bob.ok(["accept", url]);
  await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), { bob: "VERIFIED" });
  await ida.ok(["forget-peer", "bob"]);
  let refused = "";
  machines.net.serve(RELAY_URL, async (request) => {
    const sent = await request.clone().text();
    const answer = await machines.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
    if (answer.status === 403) refused = sent;
    return answer;
  });
  const again = await bob.run(["accept", url]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^error: .*403 .*token revoked/);
  assert.match(refused, /"pair_drop"/);
  // A relay that lets it in all the same.
  const { self } = JSON.parse(ida.platform.files.texts()["/ida/config/wire/relay.json"] ?? "");
  const place = `/v1/events/${self.slot_id}`;
  const letIn = await machines.relay.call(place, { token: self.slot_token, body: refused });
  assert.equal(letIn.status, 201, letIn.text);
  await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), {});
});

Deno.test("lesson 22: an invite does not let a second key take a pinned name", async () => {
  await using machines = new Machines();
  const [ida, bob] = [await machines.agent("ida"), await machines.agent("bob")];
  const url = (await ida.ok(["invite", "--uses", "2"])).trim();
  await bob.ok(["accept", url]);
  await ida.ok(["pull"]);
  const before = JSON.parse(await ida.ok(["peers", "--json"]));
  assert.equal(before.length, 1);
  const impostor = machines.machine("impostor");
  await impostor.ok(["init", "bob", "--relay", RELAY_URL]);
  await impostor.ok(["accept", url]);
  await ida.ok(["pull"]);
  assert.deepEqual(JSON.parse(await ida.ok(["peers", "--json"])), before);
});

Deno.test("a short link pairs as the invite behind it does", async () => {
  await using machines = new Machines();
  const [ida, bob] = [await machines.agent("ida"), machines.machine("bob")];
  const { share } = await ida.record(["invite", "--share"]);
  const { share_url } = { ...Object(share) };
  assert.ok(String(share_url).startsWith(`${RELAY_URL}/i/`));
  await bob.ok(["accept", String(share_url)]);
  await ida.ok(["pull"]);
  assert.deepEqual(await ida.tiers(), { bob: "VERIFIED" });
});
