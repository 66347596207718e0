/**
 * A home made by 0.5.19, however it is found, opens in ours, works, and goes back: looking changes
 * nothing, an independent reader of 0.5.19's formats accepts every file, and 0.5.19 talks on.
 */
import assert from "node:assert/strict";
import type { ClientContext } from "../../client/context.ts";
import { doctor } from "../../client/operations/doctor.ts";
import { goBack } from "../../client/operations/go_back.ts";
import { invite } from "../../client/operations/invite.ts";
import { peers } from "../../client/operations/peers.ts";
import { pull as ourPull } from "../../client/operations/pull.ts";
import { push as ourPush } from "../../client/operations/push.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { send as ourSend } from "../../client/operations/send.ts";
import { upgrade } from "../../client/operations/upgrade.ts";
import { status } from "../../client/operations/status.ts";
import { whoami } from "../../client/operations/whoami.ts";
import { writePid } from "../interop/reference/daemon.ts";
import { parse, text } from "../interop/reference/json.ts";
import { pull, push, send } from "../interop/reference/mail.ts";
import { acceptInvite } from "../interop/reference/strangers.ts";
import type { ReferenceHome } from "../interop/reference/home.ts";
import { OldHomes, type RelayKind, snapshot } from "./old_home.ts";
import { differences, foreignNames } from "./strict_reader.ts";
import { VARIATIONS } from "./variations.ts";

const goingBack = await Deno.readTextFile(new URL("../../docs/going-back.md", import.meta.url));

VARIATIONS.forEach(({ name, apply }, index) => {
  // Both kinds take turns; what a relay can makes no difference to what lies in a home.
  const kind: RelayKind = index % 2 === 0 ? "our relay" : "a 0.5.19 relay";
  Deno.test(`S28: a home of 0.5.19 with ${name} opens, works and goes back (${kind})`, async () => {
    await using homes = await OldHomes.create(kind);
    await apply(homes);
    const { alice, bob } = homes;
    const before = await differences(alice);
    const ours = homes.ours();

    const untouched = await snapshot(alice.path);
    await whoami.run(ours);
    await peers.run(ours);
    await status.run(ours, {});
    await doctor.run(ours, doctor.input.parse({}));
    assert.deepEqual(await snapshot(alice.path), untouched, "looking changes nothing");

    await talk(ours, alice, bob);
    await meet(ours, homes);
    await rotateSlot.run(ours, {});
    await pull(bob);
    await talk(ours, alice, bob);
    const worked = await differences(alice);
    assert.deepEqual(news(before, worked), []);
    const unsigned = worked.filter((line) => line.startsWith("outbox/bob.jsonl: missing field"));
    assert.deepEqual(unsigned, [], "what 0.5.19 would post unsigned");

    for (const name of await foreignNames(alice)) {
      assert.ok(goingBack.includes(`\`${name}`), `docs/going-back.md does not name ${name}`);
    }

    const out = await goBack.run(ours);
    assert.ok(out.done_at !== "");
    assert.deepEqual(news(before, await differences(alice)), []);
    await takenBack(alice, bob);
    assert.deepEqual(news(before, await differences(alice)), []);
  });
});

Deno.test("lesson 42: on a home with a live daemon of 0.5.19 ours changes nothing, and says whom to stop", async () => {
  await using homes = await OldHomes.create("a 0.5.19 relay");
  const { alice, bob } = homes;
  const ours = homes.ours();
  await writePid(alice, 77);
  homes.live(77, ["/usr/local/bin/wire", "daemon", "--interval", "5"]);
  await ours.home.ensureRoots();
  const untouched = await snapshot(alice.path);
  for (
    const refused of [
      () => ourPush.run(ours, {}),
      () => ourPull.run(ours),
      () => goBack.run(ours),
      () => upgrade.run(ours, {}),
    ]
  ) await assert.rejects(refused(), /a daemon of wire 0\.5\.19 \(pid 77\) works on this home/);
  assert.deepEqual(await snapshot(alice.path), untouched);
  const { checks } = await doctor.run(ours, doctor.input.parse({}));
  const daemon = checks.find(({ id }) => id === "daemon");
  assert.deepEqual([daemon?.status, daemon?.fix], ["FAIL", "kill 77 && wire daemon"]);
  homes.dies(77);
  await talk(ours, alice, bob);
});

/** A message each way, in ours, and each is there once. */
async function talk(ours: ClientContext, alice: ReferenceHome, bob: ReferenceHome): Promise<void> {
  const body = crypto.randomUUID();
  const { event_id } = await ourSend.run(ours, ourSend.input.parse({ peer: "bob", body }));
  await ourPush.run(ours, {});
  await pull(bob);
  assert.equal((await ids(bob, "alice")).filter((id) => id === event_id).length, 1);
  const back = await send(bob, { peer: "alice", body });
  await push(bob, "daemon");
  await ourPull.run(ours);
  assert.equal((await ids(alice, "bob")).filter((id) => id === back).length, 1);
}

/** A stranger with 0.5.19 uses our invite. */
async function meet(ours: ClientContext, homes: OldHomes): Promise<void> {
  const zoe = await homes.another("zoe");
  const { invite_url } = await invite.run(ours, {});
  await acceptInvite(zoe, invite_url);
  await ourPull.run(ours);
  const { agents } = await ours.home.readTrust();
  assert.equal(agents.get("zoe")?.did, await zoe.did());
  await pull(zoe);
  await talkWith(ours, zoe);
}

async function talkWith(ours: ClientContext, zoe: ReferenceHome): Promise<void> {
  const { event_id } = await ourSend.run(ours, ourSend.input.parse({ peer: "zoe", body: "hello" }));
  await ourPush.run(ours, {});
  await pull(zoe);
  assert.ok((await ids(zoe, "alice")).includes(event_id));
}

/** 0.5.19 goes on, with its daemon's narrow way to push. */
async function takenBack(alice: ReferenceHome, bob: ReferenceHome): Promise<void> {
  const sent = await send(alice, { peer: "bob", body: "by 0.5.19 again" });
  const pushed = await push(alice, "daemon");
  assert.ok(pushed.pushed.includes(sent), pushed.failed.join());
  const { isBlocked, written } = await pull(bob);
  assert.ok(!isBlocked && written.includes(sent));
  const back = await send(bob, { peer: "alice", body: "welcome back" });
  await push(bob, "daemon");
  assert.ok((await pull(alice)).written.includes(back));
  for (const home of [alice, bob]) {
    for (const peer of ["alice", "bob"]) {
      const all = await ids(home, peer);
      assert.equal(new Set(all).size, all.length, "nothing twice");
    }
  }
}

const ids = async (home: ReferenceHome, peer: string): Promise<string[]> =>
  (await home.inbox(peer)).map((line) => text(parse(line), "event_id"));

/** What was so when 0.5.19 had it is 0.5.19's. */
const news = (before: readonly string[], after: readonly string[]): string[] =>
  after.filter((line) => !before.includes(line));
