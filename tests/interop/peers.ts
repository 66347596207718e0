/** Two homes that are pinned to each other without the exchange of a pairing, which has its own tests. */
import type { Home } from "../e2e/world.ts";
import { ReferenceHome } from "./reference/home.ts";
import { at, object, text } from "./reference/json.ts";

/** Our home as 0.5.19 would open it. */
export const takenOver = (home: Home): ReferenceHome => new ReferenceHome(home.path);

/** Writes each other's card and mailbox into both homes, in the flat form of a pairing by digits. */
export async function pinEachOther(a: ReferenceHome, b: ReferenceHome): Promise<void> {
  for (const [one, other] of [[a, b], [b, a]] as const) {
    await one.pin(await other.card());
    const self = object(at(await other.relayState(), "self"));
    await one.setPeer(await other.handle(), {
      relay_url: text(self, "relay_url"),
      slot_id: text(self, "slot_id"),
      slot_token: text(self, "slot_token"),
    });
  }
}
