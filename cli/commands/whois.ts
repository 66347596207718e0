/** `wire whois`: who somebody is, as far as a card proves it. See docs/protocol/cli.md §4. */
import { whois } from "../../client/operations/whois.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { text } from "../options.ts";
import { profileValue } from "./profile_text.ts";

/** Longer text than this says nothing that a screen can show. */
const MAX_SHOWN = 200;

export const command = {
  operation: whois,
  usage: "[handle]",
  options: { relay: text("url", "where to ask for the nick, in the place of https://<domain>") },
  examples: ["wire whois", "wire whois bob@relay.example.org", "wire whois bob"],
  toInput: ([handle], { relay }) => ({ handle, relay }),
  render(output, ui) {
    const shown = (value: unknown, field = ""): string =>
      visible(profileValue(field, value), { maxLength: MAX_SHOWN });
    ui.line(visible(output.did));
    ui.field("fingerprint", output.fingerprint);
    if ("tier" in output) ui.field("tier", output.tier);
    if ("nick" in output) {
      ui.field("nick", shown(output.nick));
      ui.field("claimed", shown(output.claimed_at ?? "unknown"));
      ui.field("mailbox", output.slot_id === null ? "none" : shown(output.relay_url ?? "there"));
    }
    for (const [name, value] of Object.entries(output.profile ?? {})) {
      if (name !== "schema_version") ui.field(shown(name), shown(value, name));
    }
    if ("card" in output) {
      ui.line();
      ui.line("Identity check (compare it once, by voice; a name proves nothing):");
      ui.line(`  ${output.identity_check ?? "none without an identity here; first: wire init"}`);
    }
  },
} satisfies Command<typeof whois>;
