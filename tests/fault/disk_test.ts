/** A full disk, a read-only home: a one-line error, and nothing lost or doubled. */
import assert from "node:assert/strict";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { send } from "../../client/operations/send.ts";
import { createContext } from "../../client/context.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { eventFrom, MailWorld, type Party, received } from "./mail_world.ts";
import { type Action, daemonCycle, scenario } from "./sync_scenario.ts";

const clean = await scenario();
/**
 * Where nobody is told: `send` fails by itself; how mail comes is written for `status` alone, which then
 * shows nothing of it; and a socket's address and token that stay behind lead to nobody.
 */
const UNTOLD = [
  "outbox.enqueue",
  "home.transports",
  "home.transports_removed",
  "ipc.address_removed",
  "ipc.token_removed",
];

for (const who of ["alice", "bob"] as const) {
  Deno.test(`P1: ${who}'s disk is full at each write in turn: one line says so, nothing is lost`, async () => {
    for (const step of clean[who].allSteps()) {
      const actors = await scenario({ who, inject: (files) => void files.diskFullAt(step.index) })
        .catch((cause: unknown) => {
          throw new Error(`disk full at step ${step.index}, ${step.point}`, { cause });
        });
      const { failures, party } = actors[who];
      for (const { code } of failures) assert.equal(code, "write_failed");
      const said = [...failures.map((error) => error.message), ...party.warnings];
      const told = said.filter((line) => line.includes("the disk is full"));
      assert.ok(told.length > 0 || UNTOLD.includes(step.point), `${step.point} says nothing`);
      for (const line of said) assert.ok(!line.includes("\n"), line);
    }
  });
}

const acts: Readonly<Record<string, Action>> = {
  send: (context) => send.run(context, { peer: "bob", kind: "claim", body: "x" }),
  push: (context) => push.run(context, {}),
  pull: (context) => pull.run(context),
  daemon: daemonCycle,
};

for (const [name, act] of Object.entries(acts)) {
  Deno.test(`a read-only home: ${name} says so in one line, and changes nothing`, async () => {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    const files = alice.disk;
    await new Outbox({ files, stateRoot: stateRoot(alice) })
      .enqueue(bob.handle, eventFrom(alice, bob));
    world.relay.plant(alice.slotId, eventFrom(bob, alice).text);
    const faulty = new FaultFiles(files);
    const context = createContext({ ...alice.platform, files: faulty }, { warn: () => {} });
    const before = files.texts();
    faulty.readOnly = true;
    await assert.rejects(Promise.resolve(act(context)), (error: Error & { code?: string }) => {
      assert.equal(error.code, "write_failed");
      assert.match(error.message, /^Cannot [^\n]*read-only$/);
      return true;
    });
    assert.deepEqual(files.texts(), before);
    assert.deepEqual(world.relay.log, []);
    faulty.readOnly = false;
    await push.run(context, {});
    await pull.run(context);
    assert.deepEqual(received(alice, "bob"), ["hello"]);
    const messages = world.relay.texts(bob.slotId).filter((text) => !text.includes('"receipt"'));
    assert.equal(messages.length, 1);
  });
}

const stateRoot = ({ context }: Party): string => context.home.paths.stateRoot;
