/** Our own card, changed and signed anew. See docs/protocol/identity-and-events.md §22. */
import { signCard } from "../../protocol/identity/card.ts";
import { nextIssuedAt } from "../../protocol/identity/card_update.ts";
import { prettyJson, printJson } from "../../protocol/json/print.ts";
import { type JsonObject, stringMember, withMembers } from "../../protocol/json/value.ts";
import type { Home } from "./home.ts";
import type { Identity } from "./identity.ts";

/**
 * Rewrites agent-card.json under trust.lock. The new card is dated, later than the old one.
 * @param change the card's members; DID and keys stay what they are. The same members again, on a
 * card that has a date, write nothing
 * @returns the identity as it is on the disk now
 * @throws {WireError} not_initialized, locked, unreadable, write_failed
 */
export async function updateCard(
  home: Home,
  owner: string,
  change: (card: JsonObject) => JsonObject,
): Promise<Identity> {
  const { platform: { files, clock }, file } = home;
  await using _lock = await home.lock(file.trustLock, owner);
  const { card, keys } = await home.readIdentity();
  const changed = change(card);
  const isDated = stringMember(card, "issued_at") !== undefined;
  if (!isDated || printJson(changed) !== printJson(card)) {
    const dated = withMembers(changed, { issued_at: nextIssuedAt(card, clock.now()) });
    await files.writeAtomic(file.card, prettyJson(signCard(dated, keys)), {
      point: "home.card_changed",
    });
  }
  return await home.readIdentity();
}
