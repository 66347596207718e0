/** Every file of a home by name. See docs/protocol/identity-and-events.md §2. */
import path from "node:path";
import type { HomePaths } from "../../platform/paths.ts";

export interface HomeFiles {
  /** 32 raw bytes. */
  readonly privateKey: string;
  readonly card: string;
  readonly trust: string;
  readonly trustLock: string;
  readonly relayState: string;
  readonly relayLock: string;
  /** Ours; written by the operator, never by us. */
  readonly config: string;
  readonly inbox: string;
  readonly outbox: string;
  readonly pendingPairs: string;
  /** Detached pairings: one lock each. Ours, not beside the records, which 0.5.19 lists. */
  readonly pairingLocks: string;
  /** Ours: pairings of the form pair/2, outside the directory that 0.5.19 reads. */
  readonly pair2: string;
  readonly pendingInbound: string;
  readonly daemonPid: string;
  /** Ours: held for life by the one who writes cursors, inbox and delivery journal. */
  readonly daemonLock: string;
}

export function homeFiles({ configRoot, stateRoot }: HomePaths): HomeFiles {
  const config = (name: string): string => path.join(configRoot, name);
  const state = (name: string): string => path.join(stateRoot, name);
  return {
    privateKey: config("private.key"),
    card: config("agent-card.json"),
    trust: config("trust.json"),
    trustLock: config("trust.lock"),
    relayState: config("relay.json"),
    relayLock: config("relay.lock"),
    config: config("config.toml"),
    inbox: state("inbox"),
    outbox: state("outbox"),
    pendingPairs: state("pending-pair"),
    pairingLocks: state("pairing"),
    pair2: state("pair2"),
    pendingInbound: state("pending-inbound-pairs"),
    daemonPid: state("daemon.pid"),
    daemonLock: state("daemon.lock"),
  };
}
