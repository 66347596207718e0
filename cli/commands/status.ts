/** `wire status`: how this home is doing, or one peer's mailbox. */
import { status } from "../../client/operations/status.ts";
import { LEFT_TEXT } from "../../client/left_mailbox.ts";
import { endedPairs, type HomeStatus } from "../../client/status_of_home.ts";
import type { PeerStatus } from "../../client/status_of_peer.ts";
import type { MessageStatus } from "../../client/delivery/message_status.ts";
import { isJsonObject, stringMember } from "../../protocol/json/value.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";
import type { Ui } from "../ui/ui.ts";

export const command = {
  operation: status,
  usage: "[message]",
  options: { peer: text("handle", "how this peer's mailbox is doing, instead") },
  examples: [
    "wire status 1fe8a0c2",
    "wire status",
    "wire status --peer bob",
    "wire status --json",
  ],
  toInput: ([message], { peer }) => ({ message, peer }),
  render(output, ui) {
    if ("steps" in output) renderMessage(output, ui);
    else if ("transport" in output) renderPeer(output, ui);
    else if (output.initialized) renderHome(output, ui);
    else ui.line("not initialized; next: wire init <handle> --relay <url>");
  },
} satisfies Command<typeof status>;

function renderHome(home: HomeStatus, ui: Ui): void {
  ui.field("did", home.did);
  ui.field("fingerprint", home.fingerprint);
  ui.field("capabilities", home.capabilities.join(", "));
  ui.field("self relay", selfRelay(home));
  ui.field("peers", String(home.peers.length));
  for (const { handle, tier, request, next, blocked } of home.peers) {
    const expired = request === undefined ? "" : ` ${request}; next: ${visible(next ?? "")}`;
    ui.line(`  - ${visible(handle).padEnd(20)} tier=${tier}${blocked ? " blocked" : ""}${expired}`);
  }
  for (const { handle, unused_endpoints = [] } of home.peers) {
    for (const { reason, next } of unused_endpoints) {
      warning(ui, `${visible(handle)}: ${visible(reason)}; to allow it: ${visible(next)}`);
    }
  }
  for (const { handle, mailbox } of home.peers) {
    if (mailbox === "left") warning(ui, `${visible(handle)} ${LEFT_TEXT}`);
  }
  for (const { handle, receipts_ignored: count } of home.peers) {
    if (count === undefined) continue;
    warning(
      ui,
      `${visible(handle)}: ${count} entries of its receipts named no message of ours to it`,
    );
  }
  const { waiting } = home.outbox;
  ui.field("outbox", `${counted(home.outbox)}, ${waiting} waiting for a relay`);
  for (const { peer, waiting: count, reason, next } of home.backlog) {
    const then = next === undefined ? "" : `; next: ${next}`;
    warning(ui, `${visible(peer)}: ${count} waiting: ${visible(reason)}${then}`);
  }
  ui.field("inbox", `${counted(home.inbox)} received`);
  renderMailboxes(home, ui);
  renderDaemon(home.daemon, ui);
  renderPairs(home.pending_pairs, ui);
  if (home.quarantined > 0) {
    warning(ui, `${home.quarantined} event(s) received and not accepted: wire quarantine list`);
  }
  if (home.quarantine_evicted > 0) {
    const count = home.quarantine_evicted;
    warning(ui, `${count} more were thrown away, since the quarantine was full or they were old`);
  }
  for (const { peer, offset, problem } of home.outbox_problems) {
    warning(ui, `outbox/${visible(peer)}.jsonl, byte ${offset}: ${visible(problem)}`);
  }
}

/** The flat members, or the first endpoint where a later release wrote no flat ones. */
function selfRelay({ self_relay }: HomeStatus): string {
  const endpoints: unknown = self_relay?.["endpoints"];
  const places: readonly unknown[] = [self_relay, ...Array.isArray(endpoints) ? endpoints : []];
  for (const place of places) {
    if (!isJsonObject(place)) continue;
    const [url, slot] = [stringMember(place, "relay_url"), stringMember(place, "slot_id")];
    if (url && slot) return `${visible(url)} (slot ${visible(slot)})`;
  }
  return "none; wire bind-relay <url> gets a mailbox";
}

function renderMailboxes({ mailboxes, nicks, blocked, revoking }: HomeStatus, ui: Ui): void {
  if (nicks.length > 0) ui.field("known as", nicks.map(nickText).join(", "));
  for (const { address } of nicks.filter(({ status }) => status === "waiting")) {
    warning(ui, `${visible(address)} may name an old mailbox; the daemon claims it again`);
  }
  for (const { relay_url, token_holders, cost, next, read_because } of mailboxes) {
    if (read_because !== undefined) {
      ui.field("old mailbox", `${visible(relay_url)}, still read:`);
      for (const reason of read_because) ui.line(`  - ${visible(reason)}`);
    }
    if (cost === undefined || token_holders.length === 0) continue;
    warning(ui, `${visible(relay_url)}: ${cost}`);
    detail(ui, `token holders: ${token_holders.map((handle) => visible(handle)).join(", ")}`);
    if (next !== undefined) detail(ui, `next: ${next}`);
  }
  for (const { holder, reason } of revoking) {
    warning(ui, `${visible(holder)}: a token is still to be revoked`);
    detail(ui, reason);
  }
  if (blocked.length === 0) return;
  ui.field("blocked", `${blocked.length}; wire unblock <did> hears one again`);
  for (const { did } of blocked) ui.line(`  - ${visible(did)}`);
}

const nickText = ({ address, hidden, status }: HomeStatus["nicks"][number]): string =>
  visible(address) + (hidden ? " (hidden)" : "") + (status === "left" ? " (an old mailbox)" : "");

const counted = ({ events, files }: HomeStatus["inbox"]): string =>
  `${files} file(s), ${events} event(s)`;

function renderDaemon(daemon: HomeStatus["daemon"], ui: Ui): void {
  const { running, pid, version_mismatch, orphans, answers, resting = [], last_error } = daemon;
  ui.field(
    "daemon",
    running
      ? `${ui.style("green", "running")} (pid ${pid})`
      : `${ui.style("red", "DOWN")}; wire daemon sends and receives`,
  );
  if (version_mismatch !== undefined) {
    warning(
      ui,
      `it is version ${visible(version_mismatch.daemon)}, this is ${version_mismatch.cli}`,
    );
  }
  for (const { relay_url, transport, why } of daemon.transports ?? []) {
    const line = `${visible(relay_url)} by ${TRANSPORTS[transport]}`;
    if (why === undefined) ui.line(`  - mail at ${line}`);
    else warning(ui, `mail at ${line}: ${visible(why)}`);
  }
  if (answers === false) warning(ui, "it does not answer at its local socket; mail goes by files");
  for (const { peer, relay_url, reason, retry_in_ms } of resting) {
    const again = `next try in ${Math.ceil(retry_in_ms / 1_000)} s`;
    warning(ui, `${visible(peer)} waits for ${visible(relay_url)}: ${visible(reason)}; ${again}`);
  }
  if (last_error !== undefined && last_error !== null) {
    warning(ui, `${visible(last_error.step)} failed: ${visible(last_error.error)}`);
  }
  for (const orphan of orphans) warning(ui, `other daemon process seen: pid ${orphan}`);
}

const TRANSPORTS = {
  websocket: "WebSocket",
  event_stream: "event stream",
  polling: "asking at intervals",
  none: "no way",
} as const;

function renderPairs(pairs: HomeStatus["pending_pairs"], ui: Ui): void {
  const { total, by_status, inbound_count, inbound_handles } = pairs;
  const kinds = Object.entries(by_status).map(([name, count]) => `${name}=${count}`).join(", ");
  const live = total - endedPairs(pairs);
  const all = total === 0 ? "" : ` (${kinds}); wire pair-list`;
  ui.field("pending pairs", `${live === 0 ? "none" : live}${all}`);
  if (inbound_count > 0) {
    const names = inbound_handles.map((handle) => visible(handle)).join(", ");
    ui.field("pair requests", `${inbound_count}: ${names}`);
  }
}

function renderPeer({ peer, transport, attention, responder }: PeerStatus, ui: Ui): void {
  ui.field("peer", visible(peer));
  const relay = visible(transport.relay_url);
  ui.field(
    "transport",
    transport.status === "ok"
      ? `ok, ${relay} in ${transport.latency_ms} ms`
      : `${ui.style("red", "error")}, ${relay}: ${visible(transport.error ?? "no answer")}`,
  );
  const { age_seconds } = attention;
  const age = age_seconds === undefined ? "" : `, last pulled ${age_seconds} s ago`;
  ui.field("attention", `${attention.status}${age}, ${attention.event_count} event(s) stored`);
  ui.field("auto-responder", `${visible(responder.status)} (as whoever holds a token says)`);
}

function renderMessage({ event_id, peer, steps, waits_because }: MessageStatus, ui: Ui): void {
  ui.field("message", event_id);
  ui.field("to", visible(peer));
  for (const { step, at, evidence } of steps) {
    ui.field(step, visible(at));
    for (const [name, value] of Object.entries(evidence)) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      detail(ui, `${name}: ${visible(text, { maxLength: 400 })}`);
    }
  }
  if (waits_because !== undefined) warning(ui, visible(waits_because));
}

function warning(ui: Ui, line: string): void {
  ui.line(`                ${ui.style("yellow", "!!")} ${line}`);
}

/** Below a warning, where its text begins. */
const detail = (ui: Ui, line: string): void => ui.line(" ".repeat(19) + line);
