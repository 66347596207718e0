/** What 0.5.19 does otherwise on this home: told once, because it will not say so itself. */
import path from "node:path";
import { isSelf } from "../../protocol/trust/trust.ts";
import { readBlocklist } from "../../store/home/blocklist.ts";
import { classOf, readGrants } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import { backlogs } from "../../store/mail/backlog.ts";
import { OutboxProblems } from "../../store/mail/outbox_problems.ts";
import { mainMailbox } from "../grants/own_mailboxes.ts";
import { unusedRoutes } from "../sync/routes.ts";

/** One line each. @throws {WireError} unreadable */
export async function attention(home: Home): Promise<string[]> {
  const { platform: { files }, paths: { stateRoot } } = home;
  const [state, trust, grants, blocked] = await Promise.all([
    home.readRelayState(),
    home.readTrust(),
    readGrants(home),
    readBlocklist(home),
  ]);
  const lines: string[] = [];
  for (const { peer, offset, problem } of await new OutboxProblems({ files, stateRoot }).all()) {
    lines.push(
      `outbox/${peer}.jsonl, byte ${offset}, cannot be signed (${problem}): 0.5.19 posts it as it ` +
        "is, again and again; take the line out",
    );
  }
  for (const [peer, { length }] of await backlogs({ files, stateRoot })) {
    if (length > 0) {
      lines.push(`${length} message(s) for ${peer} wait; 0.5.19 goes on posting them`);
    }
  }
  for (const name of ["notify.lock", "reactor.lock"]) {
    const holder = await files.lockHolder(path.join(stateRoot, name));
    if (holder !== undefined) lines.push(`${holder} still runs here: end it before 0.5.19's own`);
  }
  const main = mainMailbox(state);
  if (main !== undefined && classOf(grants, main) === "owner") {
    lines.push(
      "0.5.19 gives new peers the token that reads this mailbox; wire rotate-slot --grants, once " +
        "ours is back, ends that",
    );
  }
  for (const { did } of grants.owed) {
    lines.push(`${did} is not told our mailbox yet: pull once more`);
  }
  const due = grants.grants.filter(({ revoke_since }) => revoke_since !== undefined).length;
  if (due > 0) lines.push(`${due} token(s) that were taken back are still good at their relay`);
  for (const { relayUrl, untold } of previousMailboxes(state)) {
    const who = untold.length === 0 ? "" : `; not told that we moved: ${untold.join(", ")}`;
    lines.push(`0.5.19 does not read the mailbox that we left at ${relayUrl}${who}`);
  }
  for (const { did } of blocked.values()) lines.push(`0.5.19 hears ${did} again, which is blocked`);
  for (const agent of trust.agents.values()) {
    if (isSelf(agent)) continue;
    for (const { relayUrl } of unusedRoutes(state, agent.handle)) {
      lines.push(`0.5.19 posts to ${agent.handle} at ${relayUrl} without asking`);
    }
  }
  return lines;
}
