/** Two homes of one machine on two relays: neither calls the other's before its operator allows it. */
import assert from "node:assert/strict";
import { World } from "./world.ts";

Deno.test("a mailbox on another relay of this machine is used once that relay is allowed, by the command that the error shows", async () => {
  await using world = await World.create();
  const [left, right] = [await world.relay(), await world.relay("127.0.0.1:0", "other")];
  const [alice, bob] = [
    await world.agent("alice", left.url),
    await world.agent("bob", right.url),
  ];
  const invite = (await alice.ok(["invite"])).trim();
  const refused = await bob.run(["accept", invite]);
  assert.deepEqual([refused.code, refused.stdout], [4, ""]);
  const [, command = ""] = /: wire (allow-relay \S+)$/m.exec(refused.stderr) ?? [];
  assert.equal(command, `allow-relay ${left.url}`, refused.stderr);
  await bob.ok(command.split(" "));
  await bob.ok(["accept", invite]);

  await alice.ok(["pull"]);
  const { code, stderr } = await alice.run(["send", "bob", "hello"]);
  assert.equal(code, 0);
  assert.ok(stderr.includes(`wire allow-relay ${right.url}`), stderr);
  assert.match(await alice.ok(["push", "--json"]), /"pushed":\[\],/);
  const shown = await alice.ok(["peers"]);
  assert.ok(shown.includes(`to allow it: wire allow-relay ${right.url}`), shown);
  await alice.ok(["allow-relay", right.url]);
  assert.match(await alice.ok(["push", "--json"]), /"pushed":\[\{/);
  await bob.ok(["pull"]);
  assert.ok((await bob.ok(["tail", "--json"])).includes('"hello"'));
  await alice.ok(["allow-relay", right.url, "--remove"]);
  assert.equal(await alice.ok(["allow-relay"]), "no relay in a private network is allowed\n");
});
