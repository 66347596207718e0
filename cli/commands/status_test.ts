import assert from "node:assert/strict";
import { livingWorld, RELAY } from "../../client/fake/world.ts";
import { runProgram } from "../program.ts";

const SLOT = "a".repeat(32);
const MAILBOX = { relay_url: RELAY, slot_id: SLOT, slot_token: "b".repeat(64) };

async function selfRelayLine(self: Record<string, unknown>): Promise<string> {
  const { platform, home } = await livingWorld();
  await platform.files.writeAtomic(home.file.relayState, JSON.stringify({ self, peers: {} }), {
    point: "test",
  });
  assert.equal(await runProgram(["status"], platform), 0, platform.terminal.stderr.text);
  const { text } = platform.terminal.stdout;
  assert.ok(!text.includes(MAILBOX.slot_token), "P5: no token");
  return text.match(/^self relay: +(.*)$/m)?.[1] ?? assert.fail(text);
}

Deno.test("status: our mailbox is shown from the flat members or, without them, the endpoints", async () => {
  const wanted = `${RELAY} (slot ${SLOT})`;
  assert.equal(await selfRelayLine(MAILBOX), wanted);
  assert.equal(
    await selfRelayLine({ endpoints: [{ ...MAILBOX, scope: "federation" }] }),
    wanted,
  );
});
