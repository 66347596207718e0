/**
 * Every command, in the order in which `wire --help` lists them. A command's module, and whatever
 * it needs, is loaded only when that command was asked for.
 */
import type { AnyCommand } from "./command.ts";

export interface Entry {
  /** One word, or two as in `profile set`. */
  readonly name: string;
  /** One line for the list of commands and the head of its own help. */
  readonly summary: string;
  readonly group: "Identity" | "Messages" | "Pairing" | "Sessions" | "Services";
  /** Accepted and not listed (docs/protocol/cli.md §1.1). */
  readonly alias?: string;
  /** The JSON record keeps its declared order (docs/protocol/cli.md §3); else members are sorted. */
  readonly ordered?: true;
  /** Runs until it is told to stop: SIGINT and SIGTERM are its normal end, exit code 0. */
  readonly service?: true;
  /** May go on for long, so it offers to end with its parent (`--exit-with-parent`). */
  readonly lasting?: true;
  /** Outputs with a member `progress` are for people: shown on stderr, also with `--json`. */
  readonly progress?: true;
  /** Of this machine or of a relay: the session of the directory means nothing to it. */
  readonly machine?: true;
  readonly load: () => Promise<{ readonly command: AnyCommand }>;
}

export const COMMANDS: readonly Entry[] = [
  {
    name: "up",
    summary: "Begin: identity, mailbox, nick and daemon in one command",
    group: "Identity",
    load: () => import("./commands/up.ts"),
  },
  {
    name: "init",
    summary: "Make an identity, and with --relay a mailbox",
    group: "Identity",
    load: () => import("./commands/init.ts"),
  },
  {
    name: "here",
    summary: "Show on one screen who you are here, and what waits",
    group: "Identity",
    machine: true,
    load: () => import("./commands/here.ts"),
  },
  {
    name: "whoami",
    summary: "Show this home's identity and mailbox",
    group: "Identity",
    load: () => import("./commands/whoami.ts"),
  },
  {
    name: "whois",
    summary: "Show who somebody is, as far as a card proves it",
    group: "Identity",
    load: () => import("./commands/whois.ts"),
  },
  {
    name: "profile set",
    summary: "Set a field of our card, sign it and send it to the peers",
    group: "Identity",
    load: () => import("./commands/profile_set.ts"),
  },
  {
    name: "profile get",
    summary: "Show what our card says of us",
    group: "Identity",
    load: () => import("./commands/profile_get.ts"),
  },
  {
    name: "profile clear",
    summary: "Remove a field of our card",
    group: "Identity",
    load: () => import("./commands/profile_clear.ts"),
  },
  {
    name: "peers",
    summary: "List the pinned peers",
    group: "Identity",
    load: () => import("./commands/peers.ts"),
  },
  {
    name: "forget-peer",
    summary: "Undo a pairing on this side; --purge: its mail too",
    group: "Identity",
    load: () => import("./commands/forget_peer.ts"),
  },
  {
    name: "block",
    summary: "Hear nothing more from a peer",
    group: "Identity",
    load: () => import("./commands/block.ts"),
  },
  {
    name: "unblock",
    summary: "Hear from a blocked peer again",
    group: "Identity",
    load: () => import("./commands/unblock.ts"),
  },
  {
    name: "blocked",
    summary: "List who is blocked",
    group: "Identity",
    load: () => import("./commands/blocked.ts"),
  },
  {
    name: "bind-relay",
    summary: "Get a new mailbox on a relay",
    group: "Identity",
    load: () => import("./commands/bind_relay.ts"),
  },
  {
    name: "rotate-slot",
    summary: "Move to another mailbox on the same relay, and tell the peers",
    group: "Identity",
    load: () => import("./commands/rotate_slot.ts"),
  },
  {
    name: "status",
    summary: "Show mailbox, queues, daemon and pairings; --peer: one peer",
    group: "Identity",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "send",
    summary: "Sign a message and queue it for a peer",
    group: "Messages",
    load: () => import("./commands/send.ts"),
  },
  {
    name: "push",
    summary: "Post what is queued, once",
    group: "Messages",
    load: () => import("./commands/push.ts"),
  },
  {
    name: "pull",
    summary: "Fetch and verify what has come, once",
    group: "Messages",
    load: () => import("./commands/pull.ts"),
  },
  {
    name: "tail",
    summary: "Print received messages, oldest first",
    group: "Messages",
    load: () => import("./commands/tail.ts"),
  },
  {
    name: "monitor",
    summary: "Print messages as they arrive",
    group: "Messages",
    ordered: true,
    lasting: true,
    load: () => import("./commands/monitor.ts"),
  },
  {
    name: "notify",
    summary: "Show messages on the desktop as they arrive",
    group: "Messages",
    ordered: true,
    service: true,
    lasting: true,
    load: () => import("./commands/notify.ts"),
  },
  {
    name: "reactor",
    summary: "Run a command for messages as they arrive",
    group: "Messages",
    service: true,
    lasting: true,
    load: () => import("./commands/reactor.ts"),
  },
  {
    name: "verify",
    summary: "Check the signature of one event",
    group: "Messages",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "responder set",
    summary: "Tell peers how the one who answers here is doing",
    group: "Messages",
    load: () => import("./commands/responder_set.ts"),
  },
  {
    name: "responder get",
    summary: "Ask how the one who answers at a mailbox is doing",
    group: "Messages",
    load: () => import("./commands/responder_get.ts"),
  },
  {
    name: "thread",
    summary: "Show one thread as a conversation: what came and what was sent",
    group: "Messages",
    load: () => import("./commands/thread.ts"),
  },
  {
    name: "search",
    summary: "Find words in all mail of this home",
    group: "Messages",
    load: () => import("./commands/search.ts"),
  },
  {
    name: "outbox list",
    summary: "List what is queued and no relay has stored",
    group: "Messages",
    load: () => import("./commands/outbox_list.ts"),
  },
  {
    name: "outbox cancel",
    summary: "Take queued messages back",
    group: "Messages",
    load: () => import("./commands/outbox_cancel.ts"),
  },
  {
    name: "quarantine list",
    summary: "List what came and was not accepted",
    group: "Messages",
    load: () => import("./commands/quarantine_list.ts"),
  },
  {
    name: "quarantine show",
    summary: "Show one event that was not accepted, and why",
    group: "Messages",
    load: () => import("./commands/quarantine_show.ts"),
  },
  {
    name: "quarantine retry",
    summary: "Look again at what was not accepted",
    group: "Messages",
    load: () => import("./commands/quarantine_retry.ts"),
  },
  {
    name: "quarantine drop",
    summary: "Throw away what was not accepted",
    group: "Messages",
    load: () => import("./commands/quarantine_drop.ts"),
  },
  {
    name: "archive",
    summary: "Take old messages out of inbox and outbox, with the daemon stopped",
    group: "Messages",
    load: () => import("./commands/archive.ts"),
  },
  {
    name: "pair",
    summary: "Pair in one command: by address, or by code",
    group: "Pairing",
    lasting: true,
    progress: true,
    load: () => import("./commands/pair.ts"),
  },
  {
    name: "pair-host",
    summary: "Begin a pairing: prints a code, then six digits to compare",
    group: "Pairing",
    lasting: true,
    progress: true,
    load: () => import("./commands/pair_host.ts"),
  },
  {
    name: "pair-join",
    summary: "Join a pairing with the code that the host reads out",
    group: "Pairing",
    alias: "join",
    lasting: true,
    progress: true,
    load: () => import("./commands/pair_join.ts"),
  },
  {
    name: "pair-confirm",
    summary: "Confirm a detached pairing with the digits",
    group: "Pairing",
    load: () => import("./commands/pair_confirm.ts"),
  },
  {
    name: "pair-list",
    summary: "List the detached pairings",
    group: "Pairing",
    ordered: true,
    lasting: true,
    load: () => import("./commands/pair_list.ts"),
  },
  {
    name: "pair-watch",
    summary: "Wait until a detached pairing reaches a status",
    group: "Pairing",
    ordered: true,
    lasting: true,
    load: () => import("./commands/pair_watch.ts"),
  },
  {
    name: "pair-cancel",
    summary: "Give up a detached pairing of this home",
    group: "Pairing",
    load: () => import("./commands/pair_cancel.ts"),
  },
  {
    name: "pair-abandon",
    summary: "Free a code on the relay after a pairing went wrong",
    group: "Pairing",
    load: () => import("./commands/pair_abandon.ts"),
  },
  {
    name: "invite",
    summary: "Make an invite URL: whoever accepts it is paired",
    group: "Pairing",
    load: () => import("./commands/invite.ts"),
  },
  {
    name: "accept",
    summary: "Accept an invite URL or its short link",
    group: "Pairing",
    load: () => import("./commands/accept.ts"),
  },
  {
    name: "claim",
    summary: "Take a nick in a relay's directory",
    group: "Pairing",
    load: () => import("./commands/claim.ts"),
  },
  {
    name: "add",
    summary: "Ask somebody by address to be paired",
    group: "Pairing",
    load: () => import("./commands/add.ts"),
  },
  {
    name: "pair-list-inbound",
    summary: "List who asks to be paired with this home",
    group: "Pairing",
    ordered: true,
    load: () => import("./commands/pair_list_inbound.ts"),
  },
  {
    name: "pair-accept",
    summary: "Say yes to a request to pair",
    group: "Pairing",
    load: () => import("./commands/pair_accept.ts"),
  },
  {
    name: "pair-reject",
    summary: "Say no to a request to pair",
    group: "Pairing",
    load: () => import("./commands/pair_reject.ts"),
  },
  {
    name: "pin",
    summary: "Pin a card that came by another way",
    group: "Pairing",
    load: () => import("./commands/pin.ts"),
  },
  {
    name: "add-peer-slot",
    summary: "Give a peer's mailbox by hand",
    group: "Pairing",
    load: () => import("./commands/add_peer_slot.ts"),
  },
  {
    name: "allow-relay",
    summary: "Let peers have mailboxes at a private address",
    group: "Pairing",
    load: () => import("./commands/allow_relay.ts"),
  },
  {
    name: "session new",
    summary: "Make a home of its own for this directory",
    group: "Sessions",
    machine: true,
    load: () => import("./commands/session_new.ts"),
  },
  {
    name: "session list",
    summary: "List the sessions of this machine",
    group: "Sessions",
    machine: true,
    load: () => import("./commands/session_list.ts"),
  },
  {
    name: "session list-local",
    summary: "List which sessions meet on a relay of this machine",
    group: "Sessions",
    machine: true,
    load: () => import("./commands/session_list_local.ts"),
  },
  {
    name: "session env",
    summary: "Print the line that activates a session in a shell",
    group: "Sessions",
    machine: true,
    load: () => import("./commands/session_env.ts"),
  },
  {
    name: "session current",
    summary: "Show which session this directory has",
    group: "Sessions",
    machine: true,
    load: () => import("./commands/session_current.ts"),
  },
  {
    name: "session destroy",
    summary: "Remove a session with its keys and its mail",
    group: "Sessions",
    machine: true,
    load: () => import("./commands/session_destroy.ts"),
  },
  {
    name: "setup",
    summary: "Let agent hosts on this machine start our tool server",
    group: "Services",
    machine: true,
    load: () => import("./commands/setup.ts"),
  },
  {
    name: "go-back",
    summary: "Prepare this home for the program of 0.5.19",
    group: "Services",
    load: () => import("./commands/go_back.ts"),
  },
  {
    name: "upgrade",
    summary: "Restart the daemon with the program that is installed now",
    group: "Services",
    load: () => import("./commands/upgrade.ts"),
  },
  {
    name: "doctor",
    summary: "Look for what fails without saying so, and say what mends it",
    group: "Services",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "service install",
    summary: "Keep the daemon, or a relay for this machine, running across logins",
    group: "Services",
    ordered: true,
    machine: true,
    load: () => import("./commands/service_install.ts"),
  },
  {
    name: "service uninstall",
    summary: "Take that service away again",
    group: "Services",
    ordered: true,
    machine: true,
    load: () => import("./commands/service_uninstall.ts"),
  },
  {
    name: "service status",
    summary: "Show what the service manager says, and what the lock says",
    group: "Services",
    ordered: true,
    machine: true,
    load: () => import("./commands/service_status.ts"),
  },
  {
    name: "completions",
    summary: "Print a script that completes command lines in bash, zsh or fish",
    group: "Services",
    load: () => import("./commands/completions.ts"),
  },
  {
    name: "daemon",
    summary: "Keep this home in step with its mailbox: send, receive, pair",
    group: "Services",
    service: true,
    lasting: true,
    load: () => import("./commands/daemon.ts"),
  },
  {
    name: "mcp",
    summary: "Serve this home to an agent's host as tools and resources",
    group: "Services",
    service: true,
    // Finds its home by itself, at each call.
    machine: true,
    load: () => import("./commands/mcp.ts"),
  },
  {
    name: "diag tail",
    summary: "Print the last entries of the diagnostic trace",
    group: "Services",
    load: () => import("./commands/diag_tail.ts"),
  },
  {
    name: "diag enable",
    summary: "Switch the diagnostic trace on",
    group: "Services",
    load: () => import("./commands/diag_enable.ts"),
  },
  {
    name: "diag disable",
    summary: "Switch the diagnostic trace off",
    group: "Services",
    load: () => import("./commands/diag_disable.ts"),
  },
  {
    name: "diag status",
    summary: "Show whether the diagnostic trace is on",
    group: "Services",
    load: () => import("./commands/diag_status.ts"),
  },
  {
    name: "relay-server",
    summary: "Run a relay",
    group: "Services",
    service: true,
    lasting: true,
    machine: true,
    load: () => import("./commands/relay_server.ts"),
  },
  {
    name: "relay-admin stats",
    summary: "Show a relay's store in numbers",
    group: "Services",
    machine: true,
    load: () => import("./commands/relay_admin_stats.ts"),
  },
  {
    name: "relay-admin slots",
    summary: "List a relay's mailboxes: sizes, classes, last activity",
    group: "Services",
    machine: true,
    load: () => import("./commands/relay_admin_slots.ts"),
  },
  {
    name: "relay-admin revoke",
    summary: "Close a relay's mailbox, or take back one of its grants",
    group: "Services",
    machine: true,
    load: () => import("./commands/relay_admin_revoke.ts"),
  },
  {
    name: "relay-admin compact",
    summary: "Give back room in a relay's store",
    group: "Services",
    machine: true,
    load: () => import("./commands/relay_admin_compact.ts"),
  },
  {
    name: "relay-admin check",
    summary: "Read a relay's whole store and report damage",
    group: "Services",
    machine: true,
    load: () => import("./commands/relay_admin_check.ts"),
  },
  {
    name: "relay-admin import",
    summary: "Take over the state directory of a 0.5.19 relay",
    group: "Services",
    machine: true,
    load: () => import("./commands/relay_admin_import.ts"),
  },
];

/** The command of that name or alias. */
export function findCommand(name: string): Entry | undefined {
  return COMMANDS.find((entry) => entry.name === name || entry.alias === name);
}
