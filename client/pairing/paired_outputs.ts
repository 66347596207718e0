/** How a pairing in a terminal ends well, in either form: read again from what is on the disk. */
import { displaySas } from "../../protocol/pairing/sas.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { ClientContext } from "../context.ts";
import type { PairOutput, PairResult } from "./pair_progress.ts";
import { pairedPeer } from "./pin_peer.ts";

export interface PairedAs {
  readonly peerDid: string;
  /** Ours. */
  readonly role: "host" | "guest";
  /** Six digits. */
  readonly sas: string;
  readonly form: PairResult["form"];
}

export async function* pairedOutputs(
  context: ClientContext,
  { peerDid, role, sas, form }: PairedAs,
): AsyncGenerator<PairOutput, void, undefined> {
  const peer = await pairedPeer(context, peerDid);
  yield {
    progress: "paired",
    paired_with: peer.did,
    peer_role: role === "host" ? "guest" : "host",
    tier: peer.tier,
    saved_to: context.home.file.relayState,
    reachable: peer.reachable,
    identity_check: peer.identityCheck,
    daemon_running: (await daemonSnapshot(context.home)).running,
  };
  yield {
    paired_with: peer.did,
    peer_handle: peer.handle,
    peer_relay_url: peer.relayUrl,
    peer_slot_id: peer.slotId,
    sas: displaySas(sas),
    identity_check: peer.identityCheck,
    form,
  };
}
