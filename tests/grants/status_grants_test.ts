/** What status says of tokens, old mailboxes, nicks and blocked peers, and how it looks. */
import assert from "node:assert/strict";
import { displayWidth } from "../../cli/ui/width.ts";
import { runProgram } from "../../cli/program.ts";
import { add } from "../../client/operations/add.ts";
import { block } from "../../client/operations/block.ts";
import { claim } from "../../client/operations/claim.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { pull } from "../../client/operations/pull.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { status } from "../../client/operations/status.ts";
import { json, RELAY, run } from "../../client/fake/world.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  mailboxOf,
  skip,
} from "./granting_world.ts";

/** Ida has a peer, and a mailbox whose token it holds. */
async function shared(): Promise<GrantingWorld> {
  const relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  const { slotId: slot_id, slotToken: slot_token } = mailboxOf(await relay.slot());
  const self = { relay_url: RELAY, slot_id, slot_token };
  await ida.home.updateRelayState("test", (state) => ({ ...state, self }));
  await run(claim, ida, { nick: "ida", hidden: true });
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  await run(pairAccept, ida, { peer: "bob" });
  return ida;
}

async function statusOf(world: GrantingWorld) {
  const output = await run(status, world, {});
  assert.ok("mailboxes" in output);
  return output;
}

interface Look {
  readonly columns?: number;
  readonly colour?: boolean;
}

async function shown({ platform }: GrantingWorld, { columns, colour = false }: Look) {
  const terminal = new FakeTerminal();
  terminal.coloured = colour;
  terminal.stdout.isTerminal = columns !== undefined;
  terminal.stdout.columns = columns;
  assert.equal(await runProgram(["status"], { ...platform, terminal }), 0, terminal.stderr.text);
  return terminal.stdout.text;
}

Deno.test("P5: a shared mailbox names its token holders, and rotate-slot --grants only where the relay has grants", async () => {
  await using ida = await shared();
  const [mailbox] = (await statusOf(ida)).mailboxes;
  assert.deepEqual(
    [mailbox?.class, mailbox?.token_holders, mailbox?.cost, mailbox?.next],
    [
      "shared",
      ["bob"],
      "every peer that holds its token can read this mailbox",
      "wire rotate-slot --grants",
    ],
  );
  await run(rotateSlot, ida, { grants: true });
  const after = (await statusOf(ida)).mailboxes;
  assert.deepEqual(
    after.map(({ class: kind, token_holders, next }) => [kind, token_holders, next]),
    [["owner", [], undefined], ["shared", ["bob"], undefined]],
  );
  assert.match(after[1]?.cost ?? "", /can read what still comes there/);
});

Deno.test("a plain relay's sentence stands alone: there no command helps", async () => {
  await using ida = await shared();
  const plain = "http://plain.test";
  ida.platform.net.serve(plain, () => new Response("ok\n"));
  const slot = { relay_url: plain, slot_id: "5".repeat(32), slot_token: "f".repeat(64) };
  await ida.home.updateRelayState("test", (state) => ({ ...state, self: slot }));
  const [mailbox] = (await statusOf(ida)).mailboxes;
  assert.deepEqual([mailbox?.cost, mailbox?.next], [
    "relay cannot issue per-peer tokens: every peer can read this mailbox",
    undefined,
  ]);
  assert.match(await shown(ida, {}), /!! http:\/\/plain.test: relay cannot issue per-peer tokens/);
});

Deno.test("an old mailbox says why it is read: who is not told, which nick names it, until when", async () => {
  await using ida = await shared();
  const isMeant = ({ url, method }: Request) =>
    url.endsWith("/v1/handle/claim") || (method === "POST" && url.includes("/v1/events/"));
  disturb(ida, isMeant, () => json({ error: "busy" }, 503));
  await run(rotateSlot, ida, {});
  const { mailboxes, nicks } = await statusOf(ida);
  assert.deepEqual(mailboxes[1]?.read_because, [
    "not told yet where we are: bob",
    "ida@http://relay.test names it, or may",
    "peers that were away may post there until 2026-12-21",
  ]);
  const nick = { address: "ida@http://relay.test", relay_url: RELAY, hidden: true };
  assert.deepEqual(nicks, [{ ...nick, status: "waiting" }]);
  connect(ida, ida.relay);
  skip(ida.relay, 31 * 86_400_000);
  await ida.platform.clock.advance(31 * 86_400_000);
  await run(pull, ida, {});
  const later = await statusOf(ida);
  assert.deepEqual(later.nicks, [{ ...nick, status: "claimed" }]);
  assert.match(later.mailboxes[1]?.read_because?.join() ?? "", /not every peer has posted/);
});

Deno.test("lesson 13: status with a peer, at 60 and 120 columns, coloured and not, and in a pipe", async () => {
  await using ida = await shared();
  await run(rotateSlot, ida, { grants: true });
  await run(block, ida, { peer: "did:wire:eve-00000001", note: "spam" });
  ida.platform.net.fail(RELAY, "connect");
  await run(block, ida, { peer: "bob" });
  const { did } = (await statusOf(ida)).blocked[0] ?? assert.fail();
  const plain = await shown(ida, {});
  for (
    const line of [
      /^known as: +ida@http:\/\/relay\.test \(hidden\)$/m,
      /^old mailbox: +http:\/\/relay\.test, still read:$/m,
      /^ {2}- peers that were away may post there until 2026-12-21$/m,
      /^ +!! http:\/\/relay\.test: whoever holds its token can read what still comes there$/m,
      /^ +token holders: bob$/m,
      /^ +!! did:wire:bob-\S+: a token is still to be revoked\n +its relay has not confirmed it yet$/m,
      /^ {2}- bob +tier=VERIFIED blocked$/m,
      /^blocked: +2; wire unblock <did> hears one again$/m,
      new RegExp(`^  - ${did}$`, "m"),
    ]
  ) assert.match(plain, line);
  assert.doesNotMatch(plain, /[0-9a-f]{64}/, "P5: no token");
  for (const columns of [60, 120]) {
    assert.equal(await shown(ida, { columns }), plain);
    const coloured = await shown(ida, { columns, colour: true });
    assert.notEqual(coloured, plain);
    // deno-lint-ignore no-control-regex -- what colours are made of
    assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ""), plain);
  }
  for (const line of plain.split("\n")) assert.ok(displayWidth(line) <= 100, line);
});
