/** The end of a session: here for good, and at relays as far as they have said so. */
import assert from "node:assert/strict";
import { sessionDestroy } from "../../client/operations/session_destroy.ts";
import { sessionList } from "../../client/operations/session_list.ts";
import { sessionNew } from "../../client/operations/session_new.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { ownMailboxes } from "../../client/grants/own_mailboxes.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { isSessionName } from "../../store/sessions/session_name.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import { FEDERATION, LOCAL, Machine, ROOT, run } from "./machine.ts";

const NEW = { relay: FEDERATION, noDaemon: true } as const;
const DESTROY = { name: "app", force: true } as const;

async function mailboxesOf(machine: Machine, name: string): Promise<readonly NewMailbox[]> {
  assert.ok(isSessionName(name));
  const { home } = await (await Sessions.open(machine.platform("/"))).at(name);
  return ownMailboxes(await home.readRelayState());
}

/** What the relay says to the owner of each: 200 while it is open, 410 when it is closed. */
async function statuses(machine: Machine, mailboxes: readonly NewMailbox[]): Promise<number[]> {
  const asked = mailboxes.map(({ relayUrl, slotId, slotToken }) => {
    const relay = relayUrl === LOCAL ? machine.local : machine.relay;
    return relay.call(`/v1/slot/${slotId}/state`, { token: slotToken });
  });
  return (await Promise.all(asked)).map(({ status }) => status);
}

const urls = (mailboxes: readonly { readonly relay_url: string }[]): readonly string[] =>
  mailboxes.map(({ relay_url }) => relay_url);

Deno.test("session destroy wants --force, closes both mailboxes and gives the nick back; again finds nothing", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), { ...NEW, withLocal: true });
  const mailboxes = await mailboxesOf(machine, "app");
  const before = machine.files.texts();
  await assert.rejects(run(sessionDestroy, machine.context("/"), { name: "app" }), {
    message: /--force/,
  });
  assert.deepEqual(machine.files.texts(), before);
  assert.deepEqual(await statuses(machine, mailboxes), [200, 200]);
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.deepEqual(urls(gone.closed.mailboxes), [FEDERATION, LOCAL]);
  assert.deepEqual(gone.closed.nicks, ["app@relay.example"]);
  assert.deepEqual(gone.left_behind, { mailboxes: [], nicks: [], peers: [] });
  assert.deepEqual(await statuses(machine, mailboxes), [410, 410]);
  assert.deepEqual(await run(sessionList, machine.context("/"), {}), []);
  assert.deepEqual(await run(sessionDestroy, machine.context("/"), DESTROY), {
    destroyed: false,
    name: "app",
    reason: "no such session",
  });
  const successor = await run(sessionNew, machine.context("/p/app"), NEW);
  assert.equal(successor.claimed_nick, "app", "the nick was free again");
});

Deno.test("session destroy closes the mailbox that the session moved out of, too", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), NEW);
  const inside = machine.context("/p", { variables: { WIRE_HOME: `${ROOT}/app` } });
  await run(rotateSlot, inside, {});
  const mailboxes = await mailboxesOf(machine, "app");
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.equal(gone.closed.mailboxes.length, mailboxes.length);
  assert.ok((await statuses(machine, mailboxes)).every((status) => status === 410));
});

Deno.test("P2: without its relay a session goes all the same, and nothing is said to be closed there", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), { ...NEW, withLocal: true });
  const mailboxes = await mailboxesOf(machine, "app");
  machine.net.fail(FEDERATION, "connect");
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.deepEqual(urls(gone.closed.mailboxes), [LOCAL]);
  assert.deepEqual(urls(gone.left_behind.mailboxes), [FEDERATION]);
  assert.match(gone.left_behind.mailboxes[0]?.why ?? "", /relay\.example.*healthz/);
  assert.deepEqual(gone.left_behind.nicks, ["app@relay.example"]);
  assert.deepEqual(await statuses(machine, mailboxes), [200, 410]);
  assert.deepEqual(await run(sessionList, machine.context("/"), {}), []);
});

Deno.test("P8: a relay that never answers holds session destroy up for so long, and not longer", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), { ...NEW, withLocal: true });
  machine.net.serve(FEDERATION, () => new Promise<Response>(() => undefined));
  const running = run(sessionDestroy, machine.context("/"), DESTROY);
  for (let turn = 0; turn < 60; turn++) await machine.clock.advance(200);
  const gone = await running;
  assert.ok(gone.destroyed);
  assert.match(gone.left_behind.mailboxes[0]?.why ?? "", /no answer within 10 s/);
  assert.deepEqual(urls(gone.closed.mailboxes), [LOCAL]);
});

Deno.test("a relay of 0.5.19 is asked nothing that it does not know, and what stays there is said", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), NEW);
  const asked: string[] = [];
  machine.net.serve(FEDERATION, (request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return new Response("ok\n");
  });
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.deepEqual(asked, ["GET /healthz"]);
  assert.deepEqual(gone.closed, { mailboxes: [], nicks: [] });
  assert.match(gone.left_behind.mailboxes[0]?.why ?? "", /cannot close mailboxes/);
  assert.deepEqual(gone.left_behind.nicks, ["app@relay.example"]);
});

Deno.test("P2: a relay that answers anything else than that it closed it has closed nothing", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), NEW);
  machine.net.serve(FEDERATION, async (request) => {
    if (request.method === "DELETE") return new Response('{"status":"fine"}');
    return await machine.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
  });
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.deepEqual(gone.closed, { mailboxes: [], nicks: [] });
  assert.match(gone.left_behind.mailboxes[0]?.why ?? "", /slot_retire.*bad reply/);
});

Deno.test("P1: a copy of the session goes on with its mailbox, whichever of both is destroyed", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), NEW);
  await copy(machine, `${ROOT}/app/`, `${ROOT}/copy/`);
  const mailboxes = await mailboxesOf(machine, "app");
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.deepEqual(gone.closed, { mailboxes: [], nicks: [] });
  assert.match(gone.left_behind.mailboxes[0]?.why ?? "", /sessions\/copy has the same one/);
  assert.deepEqual(await statuses(machine, mailboxes), [200]);
});

Deno.test("P1: with --keep-mailboxes no relay is asked: a copy on another machine goes on", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), NEW);
  const mailboxes = await mailboxesOf(machine, "app");
  const { length } = machine.net.requests;
  const gone = await run(sessionDestroy, machine.context("/"), { ...DESTROY, keepMailboxes: true });
  assert.ok(gone.destroyed);
  assert.equal(machine.net.requests.length, length);
  assert.equal(gone.left_behind.mailboxes.length, 1);
  assert.deepEqual(await statuses(machine, mailboxes), [200]);
});

Deno.test("P1: session destroy killed when the mailbox is closed and the home still there does it again", async () => {
  for (const moment of ["before", "after"] as const) {
    await using machine = await Machine.start();
    await run(sessionNew, machine.context("/p/app"), NEW);
    const files = new FaultFiles(machine.files).crashAt({ point: "sessions.destroyed" }, moment);
    const dying = run(sessionDestroy, machine.context("/", { files }), DESTROY);
    await assert.rejects(dying, { name: "Crash" });
    const again = await run(sessionDestroy, machine.context("/"), DESTROY);
    if (moment === "before") {
      assert.ok(again.destroyed, "found whole");
      assert.deepEqual(urls(again.closed.mailboxes), [FEDERATION]);
      assert.deepEqual(again.closed.nicks, ["app@relay.example"]);
    } else assert.ok(!again.destroyed, "found gone");
    assert.deepEqual(await run(sessionList, machine.context("/"), {}), []);
  }
});

Deno.test("a session whose files are broken goes, and claims nothing of relays", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), NEW);
  const file = `${ROOT}/app/config/wire/relay.json`;
  await machine.files.writeAtomic(file, "{", { point: "t.p" });
  const gone = await run(sessionDestroy, machine.context("/"), DESTROY);
  assert.ok(gone.destroyed);
  assert.deepEqual([gone.closed.mailboxes, gone.left_behind.mailboxes], [[], []]);
  assert.deepEqual(gone.left_behind.nicks, ["app@relay.example"]);
});

async function copy(machine: Machine, from: string, to: string): Promise<void> {
  for (const [file, text] of Object.entries(machine.files.texts())) {
    if (!file.startsWith(from)) continue;
    const target = file.replace(from, to);
    await machine.files.ensureDirectory(target.slice(0, target.lastIndexOf("/")));
    const bytes = await machine.files.readBytes(file) ?? new TextEncoder().encode(text);
    await machine.files.writeAtomic(target, bytes, { point: "t.p" });
  }
}
