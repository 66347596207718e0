/** Whether the directory makes sense: nicks, the phonebook, short links to invites. */
import type { SlotId } from "../../protocol/ids.ts";
import {
  expiryKey,
  handleKey,
  inviteKey,
  readExpiryKey,
  readHandleRow,
  readInviteRow,
  readPhonebookRow,
} from "../directory/kv_rows.ts";
import { slotKey } from "../slots/kv_rows.ts";
import type { Problem } from "./check_store.ts";
import { told } from "./problem.ts";

export interface DirectoryCheck {
  readonly handles: number;
  readonly invites: number;
  readonly problems: readonly Problem[];
}

/** @param slots that there are */
export async function checkDirectory(
  kv: Deno.Kv,
  slots: ReadonlySet<SlotId>,
): Promise<DirectoryCheck> {
  const problems: Problem[] = [];
  const say = (place: string, problem: string): void => void problems.push({ place, problem });
  const handles = await checkHandles(kv, slots, say);
  const invites = await checkInvites(kv, say);
  return { handles, invites, problems };
}

type Say = (place: string, problem: string) => void;

async function checkHandles(kv: Deno.Kv, slots: ReadonlySet<SlotId>, say: Say): Promise<number> {
  let handles = 0;
  for await (const { key, value } of kv.list({ prefix: ["handle"] }, { batchSize: 500 })) {
    const nick = String(key[1]);
    handles += 1;
    try {
      const { slotId } = readHandleRow(nick, value);
      if (!slots.has(slotId) && await isMissing(kv, slotKey(slotId))) {
        say(`nick ${nick}`, `it stands for slot ${slotId}, which is not there`);
      }
    } catch (error) {
      say(`nick ${nick}`, `it cannot be read: ${told(error)}`);
    }
  }
  for await (const { key, value } of kv.list({ prefix: ["phonebook"] }, { batchSize: 500 })) {
    const nick = String(key[1]);
    try {
      readPhonebookRow(key, value);
    } catch (error) {
      say(`nick ${nick}`, `its line of the phonebook cannot be read: ${told(error)}`);
    }
    const { value: handle } = await kv.get(handleKey(nick));
    // Its line goes in the same commit.
    if (handle === null && !await isMissing(kv, key)) {
      say(`nick ${nick}`, "the phonebook lists it, and nobody has it");
    }
  }
  return handles;
}

async function checkInvites(kv: Deno.Kv, say: Say): Promise<number> {
  let invites = 0;
  for await (const { key, value } of kv.list({ prefix: ["invite"] }, { batchSize: 500 })) {
    invites += 1;
    // The token is a secret: the place says only which one by its order.
    const place = `invite ${invites}`;
    try {
      const { expiresUnix } = readInviteRow(value);
      const expiry = await kv.get(expiryKey(expiresUnix, String(key[1])));
      if (expiry.versionstamp === null && !await isMissing(kv, key)) {
        say(place, "it would never be forgotten");
      }
    } catch (error) {
      say(place, `it cannot be read: ${told(error)}`);
    }
  }
  for await (const { key } of kv.list({ prefix: ["invite_expiry"] }, { batchSize: 500 })) {
    try {
      const { token } = readExpiryKey(key);
      const { value } = await kv.get(inviteKey(token));
      if (value === null && !await isMissing(kv, key)) {
        say("store", "an invite that is not there is to be forgotten");
      }
    } catch (error) {
      say("store", `the end of an invite cannot be read: ${told(error)}`);
    }
  }
  return invites;
}

/** Also if a relay has just forgotten it. */
const isMissing = async (kv: Deno.Kv, key: Deno.KvKey): Promise<boolean> =>
  (await kv.get(key)).versionstamp === null;
