/**
 * What verified peers say about themselves, taken into our files: a changed card, a mailbox that
 * moved. After the page is stored and before the cursor moves, so that whoever is killed in between
 * does it again; each is safe to repeat, and told by its own time, not by its place.
 * See docs/protocol/identity-and-events.md §14 and docs/protocol/extensions.md §12.
 */
import { eventFromJson, type WireEvent } from "../../protocol/event/event.ts";
import { isJsonObject, type Json } from "../../protocol/json/value.ts";
import { readBlocklist } from "../../store/home/blocklist.ts";
import type { Identity } from "../../store/home/identity.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import type { ClientContext } from "../context.ts";
import { bringsMailbox, followMove } from "../follow_move.ts";
import { closesMailbox, LEFT_TEXT, noteLeft } from "../left_mailbox.ts";
import { bringsCard, takeCard } from "../take_card.ts";
import { judge } from "./judge.ts";

const isNotice = (event: WireEvent): boolean =>
  bringsCard(event) || bringsMailbox(event) || closesMailbox(event);

/**
 * @param items a page as a relay listed it
 * @throws {WireError} unreadable, locked, write_failed: the cursor must stay
 */
export async function takeNotices(
  context: ClientContext,
  identity: Identity,
  items: readonly Json[],
): Promise<void> {
  const { home } = context;
  const notices = items.flatMap((item) => {
    const event = isJsonObject(item) ? eventFromJson(item) : undefined;
    return event !== undefined && isNotice(event) ? [event] : [];
  });
  if (notices.length === 0) return;
  const [trust, blocked] = await Promise.all([home.readTrust(), readBlocklist(home)]);
  for (const event of notices) {
    const judged = judge(event, trust, identity);
    if (judged.tag !== "accepted") continue;
    if (blocked.has(agentOf(trust, judged.sender)?.did ?? "")) continue;
    await takeCard(context, judged.sender, event);
    if (await followMove(context, judged.sender, event)) {
      context.warn(`${judged.sender} has moved to another mailbox; mail to it goes there now`);
    }
    if (await noteLeft(context, judged.sender, event)) {
      context.warn(`${judged.sender} ${LEFT_TEXT}`);
    }
  }
}
