/** Commands about sessions work on homes other than their own. */
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import { type SessionName, sessionNameFrom } from "../../store/sessions/session_name.ts";
import type { Session } from "../../store/sessions/sessions.ts";
import type { ClientContext } from "../context.ts";
import { NO_DAEMON } from "../daemon_link.ts";

/** The same world, in that session's home. */
export const sessionContext = (context: ClientContext, { home }: Session): ClientContext => ({
  ...context,
  home,
  daemon: NO_DAEMON, // the one that we could ask is another home's
});

/** An argument, read as 0.5.19 reads it. @throws {WireError} usage */
export function sessionNameOf(text: string): SessionName {
  const name = sessionNameFrom(text);
  if (name !== undefined) return name;
  throw new WireError("usage", `Cannot call a session ${quote(text)}: it names a device`, {
    hint: "choose another name",
  });
}
