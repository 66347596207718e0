/** Every check, in the order in which they are shown: those of 0.5.19 first. docs/runbook.md has a row for each. */
import type { Check } from "./check.ts";
import { agentHosts } from "./checks/agent_hosts.ts";
import { clock } from "./checks/clock.ts";
import { cursor } from "./checks/cursor.ts";
import { daemonAnswers } from "./checks/daemon_answers.ts";
import { daemon } from "./checks/daemon.ts";
import { daemonPidConsistency } from "./checks/daemon_pid_consistency.ts";
import { daemonVersion } from "./checks/daemon_version.ts";
import { disk } from "./checks/disk.ts";
import { goBack } from "./checks/go_back.ts";
import { grants } from "./checks/grants.ts";
import { homeVariable } from "./checks/home_variable.ts";
import { identity } from "./checks/identity.ts";
import { leftOvers } from "./checks/left_overs.ts";
import { locks } from "./checks/locks.ts";
import { mailbox } from "./checks/mailbox.ts";
import { oldMailboxes } from "./checks/old_mailboxes.ts";
import { notifier } from "./checks/notifier.ts";
import { openFiles } from "./checks/open_files.ts";
import { outbox } from "./checks/outbox.ts";
import { pairRejections } from "./checks/pair_rejections.ts";
import { pairings } from "./checks/pairings.ts";
import { passages } from "./checks/passages.ts";
import { peers } from "./checks/peers.ts";
import { peersReach } from "./checks/peers_reach.ts";
import { permissions } from "./checks/permissions.ts";
import { proxy } from "./checks/proxy.ts";
import { quarantine } from "./checks/quarantine.ts";
import { readableFiles } from "./checks/readable_files.ts";
import { relay } from "./checks/relay.ts";
import { relayFeatures } from "./checks/relay_features.ts";
import { serviceUnit } from "./checks/service_unit.ts";
import { sisterHomes } from "./checks/sister_homes.ts";
import { sizes } from "./checks/sizes.ts";
import { strayLocalSlot } from "./checks/stray_local_slot.ts";
import { tls } from "./checks/tls.ts";
import { tokenHolders } from "./checks/token_holders.ts";
import { transport } from "./checks/transport.ts";
import { trustStore } from "./checks/trust_store.ts";
import { watches } from "./checks/watches.ts";

export const CHECKS: readonly Check[] = [
  daemon,
  daemonPidConsistency,
  relay,
  pairRejections,
  cursor,
  homeVariable,
  identity,
  readableFiles,
  permissions,
  locks,
  daemonVersion,
  daemonAnswers,
  serviceUnit,
  agentHosts,
  leftOvers,
  tls,
  proxy,
  clock,
  relayFeatures,
  transport,
  mailbox,
  oldMailboxes,
  tokenHolders,
  grants,
  trustStore,
  peers,
  peersReach,
  passages,
  pairings,
  outbox,
  quarantine,
  sizes,
  disk,
  openFiles,
  watches,
  notifier,
  strayLocalSlot,
  sisterHomes,
  goBack,
];
