import assert from "node:assert/strict";
import { livingWorld, RELAY } from "../../client/fake/world.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { FakeDatabases } from "../../platform/fake/databases.ts";
import { InboxWriter } from "../mail/inbox.ts";
import { openHome } from "./home.ts";
import { shareMail } from "./shared_mail.ts";

const STATE = "/alice/state/wire";
const AGENTS = 4_711;

async function pairedHome() {
  const world = await livingWorld();
  const { files } = world.platform;
  await files.ensureDirectory("/etc");
  await files.append("/etc/group", `root:x:0:\nagents:x:${AGENTS}:al\n`, { point: "test" });
  await files.append(`${STATE}/inbox/bob.jsonl`, "{}\n", { point: "test" });
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { bob: { relay_url: RELAY, slot_id: "a".repeat(32), slot_token: "b".repeat(64) } },
  }));
  return { ...world, files };
}

Deno.test("ruling 3: inbox and outbox are open to the group, and nothing else is", async () => {
  const { home, files } = await pairedHome();
  await shareMail(home, "agents");
  const shared = {
    [`${STATE}/inbox`]: 0o2750,
    [`${STATE}/inbox/bob.jsonl`]: 0o640,
    [`${STATE}/outbox`]: 0o2770,
    [`${STATE}/outbox/bob.jsonl`]: 0o660,
  };
  for (const [path, mode] of Object.entries(shared)) {
    const stat = await files.stat(path);
    assert.deepEqual([stat?.mode, stat?.group], [mode, AGENTS], path);
  }
  for (const path of [...Object.keys(files.texts()), STATE, home.paths.configRoot]) {
    if (path in shared || path === "/etc/group") continue;
    const stat = await files.stat(path);
    assert.equal((stat?.mode ?? 0o777) & 0o077, 0, path);
    assert.notEqual(stat?.group, AGENTS, path);
  }
});

Deno.test("ruling 3: a file that comes later can be read by the group at once", async () => {
  const { home, files, self } = await pairedHome();
  await shareMail(home, String(AGENTS));
  const inbox = new InboxWriter({ files, databases: new FakeDatabases(), stateRoot: STATE });
  const { handle } = self;
  await inbox.store(handle, [parseEvent(`{"event_id":"${"e".repeat(64)}"}`)]);
  assert.equal((await files.stat(inbox.path(handle)))?.mode, 0o640);
});

Deno.test("ruling 3: a group that is not there is named, and nothing is opened", async () => {
  const { home, files } = await pairedHome();
  await assert.rejects(shareMail(home, "agent"), (error) => {
    assert.ok(error instanceof WireError);
    assert.equal(error.code, "unreadable");
    assert.match(error.message, /files\.group is "agent": expected a group of \/etc\/group/);
    return true;
  });
  assert.equal((await files.stat(`${STATE}/inbox`))?.mode, 0o700);
});

for (const moment of ["before", "after"] as const) {
  Deno.test(`killed ${moment} outbox.share: the next cycle shares all the same`, async () => {
    const { platform, files } = await pairedHome();
    const faulty = new FaultFiles(files).crashAt({ point: "outbox.share", occurrence: 1 }, moment);
    await assert.rejects(shareMail(openHome({ ...platform, files: faulty }), "agents"), Crash);
    await shareMail(openHome(platform), "agents");
    assert.equal((await files.stat(`${STATE}/outbox/bob.jsonl`))?.mode, 0o660);
  });
}
