/**
 * Whose a grant is while a pairing goes on: the peer's DID is known only at its end, so until then the
 * grant is the pairing's. See docs/protocol/extensions.md §2.
 */
import { updateGrants, withChanged } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import type { Grantee } from "../grants/hand_out.ts";

/** @param name of the pairing: its code, or its record */
export const pairingGrantee = (name: string): Grantee => ({ did: `pairing:${name}` });

/** What was made for the pairing is the peer's from now on. Again is the same. */
export async function assignGrants(home: Home, pairing: Grantee, did: string): Promise<void> {
  await updateGrants(home, "wire, the end of a pairing", (grants) =>
    withChanged(
      grants,
      (entry) => entry.holder === pairing.did ? { ...entry, holder: did } : entry,
    ));
}
