/**
 * Ways of pairing that tell only our main mailbox are followed by an answer that tells all of them, each
 * with a grant of its own: when the pairing is done, from the daemon or the next pull.
 * See docs/protocol/extensions.md §9.
 */
import type { Home } from "../../store/home/home.ts";
import { isLocal, ownRoutes } from "../sync/routes.ts";
import { oweAck } from "./acceptors.ts";

/**
 * Nothing, where there is no more than the main one.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function oweEndpoints(home: Home, did: string): Promise<void> {
  const { platform: { clock } } = home;
  if (!ownRoutes(await home.readRelayState()).some(isLocal)) return;
  await oweAck(home, { did, at: clock.timestamp() });
}

/** As {@linkcode oweEndpoints}, where the pairing has told all but a relay on a Unix socket. */
export async function oweSocket(home: Home, did: string): Promise<void> {
  if (!ownRoutes(await home.readRelayState()).some(({ scope }) => scope === "uds")) return;
  await oweEndpoints(home, did);
}
