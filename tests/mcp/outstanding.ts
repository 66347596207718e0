/** Calls that wait for long, all of them begun. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Home } from "../e2e/world.ts";
import type { RawClient } from "./raw_client.ts";

const Session = z.object({ session_id: z.string(), code_phrase: z.string() });
const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

/**
 * A long poll of an hour, a pairing that nobody joins, and one whose guest has typed no digits yet.
 * @returns the ids of the requests
 */
export async function outstanding(
  client: RawClient,
  guest: Home,
  relayUrl: string,
): Promise<readonly number[]> {
  const begin = async () =>
    Session.parse(await client.value("wire_pair_initiate", { relay_url: relayUrl }));
  const call = (name: string, args: Record<string, unknown>): Promise<number> =>
    client.ask("tools/call", { name, arguments: args });
  const [alone, joined] = [await begin(), await begin()];
  const joining = guest.start(["pair-join", joined.code_phrase, "--relay", relayUrl]);
  const [, digits] = await joining.line("stderr", DIGITS);
  await client.value("wire_pair_check", { session_id: joined.session_id, max_wait_secs: 60 });
  const ids = [
    await call("wire_wait", { timeout_secs: 3_600 }),
    await call("wire_pair_check", { session_id: alone.session_id, max_wait_secs: 60 }),
    await call("wire_pair_confirm", { session_id: joined.session_id, user_typed_digits: digits }),
  ];
  // Confirmed, and so in its last wait: for the other side.
  for (;;) {
    const checked = await client.value("wire_pair_check", {
      session_id: joined.session_id,
      max_wait_secs: 0,
    });
    const { state } = z.object({ state: z.string() }).parse(checked);
    if (state === "confirmed") return ids;
    assert.equal(state, "sas_ready");
  }
}
