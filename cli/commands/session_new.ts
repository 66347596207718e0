/** `wire session new`: a home of its own for this directory. */
import { sessionNew } from "../../client/operations/session_new.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, text } from "../options.ts";

export const command = {
  operation: sessionNew,
  usage: "[name]",
  options: {
    relay: text(
      "url",
      "the relay for a new session's mailbox (relay_url of config.toml, else https://wireup.net)",
    ),
    withLocal: flag(
      "also a mailbox on a relay of this machine, so that its sessions talk without leaving it",
    ),
    localRelay: text("url", "that relay, also unix:///path (http://127.0.0.1:8771)"),
    noDaemon: flag("start no daemon for the session"),
  },
  examples: [
    "wire session new",
    "wire session new reviewer --relay https://relay.example.org",
    "wire session new --with-local",
    'eval "$(wire session new --json | jq -r .export)"',
  ],
  toInput: ([name], { relay, withLocal, localRelay, noDaemon }) => ({
    name,
    relay,
    withLocal,
    localRelay,
    noDaemon,
  }),
  render(session, ui, { input }) {
    ui.line(session.status === "created" ? "session created" : "session already exists");
    ui.field("name", session.name);
    ui.field("handle", session.handle);
    ui.field("did", visible(session.did));
    ui.field("home", visible(session.home_dir));
    if (session.claimed_nick !== undefined) ui.field("nick", session.claimed_nick);
    if (session.local_mailbox !== undefined) {
      const { relay_url, slot_id } = session.local_mailbox;
      ui.field("local mailbox", `${visible(relay_url)} (slot ${slot_id})`);
    }
    ui.field("daemon", session.daemon_running ? "running" : daemonHint(input.noDaemon === true));
    ui.line();
    ui.line("activate with:");
    ui.line(`  ${session.export}`);
  },
} satisfies Command<typeof sessionNew>;

const daemonHint = (isUnwanted: boolean): string =>
  `${isUnwanted ? "not started" : "not running"}; once the session is active: wire daemon`;
