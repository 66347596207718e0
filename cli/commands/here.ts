/** `wire here`: who am I here, in which home and why, and what waits, on one screen. */
import { here, type HereOutput } from "../../client/operations/here.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import type { Ui } from "../ui/ui.ts";

const MAX_PEERS = 8;

export const command = {
  operation: here,
  usage: "",
  options: {},
  examples: ["wire here", "wire here --json"],
  toInput: () => ({}),
  render(output, ui) {
    const { identity, mailbox, addresses, home, daemon, peers, next } = output;
    const who = identity === null ? "nobody yet" : `${identity.handle}  ${identity.did}`;
    ui.field("here", ui.style("bold", visible(who)));
    if (home.source === "none") {
      ui.field("home", `${ui.style("red", "none")}: ${visible(home.because)}`);
    } else ui.field("home", `${visible(home.config_root)} (${home.because})`);
    ui.field("session", sessionText(output.session));
    if (identity !== null) {
      ui.field("mailbox", visible(mailbox ?? "none"));
      if (addresses.length > 0) {
        ui.field("known as", addresses.map((address) => visible(address)).join(", "));
      }
      const version = daemon.version === null ? "" : `, version ${visible(daemon.version)}`;
      ui.field(
        "daemon",
        daemon.running
          ? `${ui.style("green", "up")} (process ${daemon.pid}${version})`
          : ui.style("red", "down"),
      );
      ui.field("peers", peersText(peers));
      renderWaiting(output.waiting, ui);
    }
    if (next.length > 0) ui.field("next", next.map((line) => visible(line)).join("; "));
  },
} satisfies Command<typeof here>;

function sessionText({ cwd, name, active, all, problem }: HereOutput["session"]): string {
  if (problem !== undefined) return `not known: ${visible(problem)}`;
  const others = all.length === 0 ? "" : `; ${all.length} on this machine`;
  if (name === null) return `none for ${visible(cwd)}${others}`;
  if (active) return `${visible(name)}${others}`;
  return `${visible(name)} for this directory, and another home is in use${others}`;
}

function peersText(peers: HereOutput["peers"]): string {
  if (peers.length === 0) return "none";
  const shown = peers.slice(0, MAX_PEERS)
    .map(({ handle, tier }) =>
      tier === "VERIFIED" ? visible(handle) : `${visible(handle)} (${tier})`
    );
  const more = peers.length > MAX_PEERS ? ` and ${peers.length - MAX_PEERS} more` : "";
  return shown.join(", ") + more;
}

function renderWaiting(waiting: HereOutput["waiting"], ui: Ui): void {
  const { outbox, requests, pairings, quarantined, unsendable } = waiting;
  const parts = [
    outbox > 0 ? `${outbox} to send` : "",
    requests.length > 0 ? `asked by ${requests.map((handle) => visible(handle)).join(", ")}` : "",
    pairings > 0 ? `${pairings} pairing(s)` : "",
    quarantined > 0 ? `${quarantined} in quarantine` : "",
    unsendable > 0 ? `${unsendable} line(s) that cannot be sent` : "",
  ].filter((part) => part !== "");
  ui.field("waiting", parts.length === 0 ? "nothing" : parts.join(", "));
}
