/** Every face runs one function: what a command leaves on the disk is what the operation leaves. */
import assert from "node:assert/strict";
import { runProgram } from "../../cli/program.ts";
import { add } from "../../client/operations/add.ts";
import { claim } from "../../client/operations/claim.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { pull } from "../../client/operations/pull.ts";
import { RELAY, run } from "../../client/fake/world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { type GrantingWorld, grantingWorld } from "./granting_world.ts";

/** One of the two ways to do a thing. */
interface Face {
  add(world: GrantingWorld): Promise<unknown>;
  accept(world: GrantingWorld): Promise<unknown>;
}

const operations: Face = {
  add: (world) => run(add, world, { handle: "ida@relay.test", relay: RELAY }),
  accept: (world) => run(pairAccept, world, { peer: "bob" }),
};

const commands: Face = {
  add: (world) => command(world, ["add", "ida@relay.test", "--relay", RELAY]),
  accept: (world) => command(world, ["pair-accept", "bob"]),
};

async function command({ platform }: GrantingWorld, args: readonly string[]): Promise<void> {
  const code = await runProgram([...args, "--json"], platform);
  assert.equal(code, 0, platform.terminal.stderr.text);
}

/** Without what is new each time: tokens, ids, signatures, times. */
function look({ platform }: GrantingWorld): Record<string, string> {
  const texts = Object.entries(platform.files.texts()).map(([file, text]): [string, string] => [
    file.replace(/[0-9a-f]{16,}/g, "<hex>"),
    text.replace(/[0-9a-f]{16,}/g, "<hex>")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
      .replace(/[A-Za-z0-9+/]{86}==/g, "<signature>"),
  ]);
  return Object.fromEntries(texts.sort(([a], [b]) => a < b ? -1 : 1));
}

async function pairedBy(face: Face) {
  const relay = new RelayWorld();
  await using _ = relay;
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  await run(claim, ida, { nick: "ida" });
  await face.add(bob);
  const asked = look(bob);
  await run(pull, ida, {});
  await face.accept(ida);
  return { asked, accepted: look(ida) };
}

Deno.test("lesson 14: add and pair-accept leave the same files by command and by operation", async () => {
  const byOperation = await pairedBy(operations);
  const byCommand = await pairedBy(commands);
  assert.deepEqual(byCommand, byOperation);
  const relayJson = Object.entries(byCommand.accepted).find(([file]) =>
    file.endsWith("relay.json")
  );
  assert.match(relayJson?.[1] ?? "", /"bob"/, "it looked at what matters");
});
