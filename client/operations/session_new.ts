/**
 * A session for this directory: a home of its own with identity, mailbox, nick and daemon. Again, it adds
 * what is missing and changes nothing else. See docs/protocol/cli.md §7.1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { shownRelay } from "../../protocol/unix_relay.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { SessionName } from "../../store/sessions/session_name.ts";
import { type Reservation, type Session, Sessions } from "../../store/sessions/sessions.ts";
import type { ClientContext } from "../context.ts";
import { askedRelay, defaultRelay, ensureSelf, mailboxIn } from "../invite/ensure_self.ts";
import type { Operation } from "../operation.ts";
import {
  DEFAULT_LOCAL_RELAY,
  ensureLocalMailbox,
  localRelayOf,
} from "../sessions/local_mailbox.ts";
import { sessionContext, sessionNameOf } from "../sessions/session_context.ts";
import { startSessionDaemon } from "../sessions/session_daemon.ts";
import { claimedNick, ensureNick } from "../sessions/session_nick.ts";
import { exportLine } from "../sessions/shell_export.ts";
import { errorText } from "../sync/error_text.ts";
import { isOutside } from "../sync/outside_error.ts";

const SessionNewInput = z.object({
  /** Else the session that this directory has, else one named after it. */
  name: z.string().optional(),
  /** For a session without a mailbox. */
  relay: z.string().optional(),
  /** Also a mailbox on a relay of this machine. */
  withLocal: z.boolean().optional(),
  /** Which; naming one is asking for it. */
  localRelay: z.string().optional(),
  noDaemon: z.boolean().optional(),
});

const SessionNewOutput = z.object({
  cwd: z.string(),
  did: z.string(),
  /** What a shell evaluates to work in the session. */
  export: z.string(),
  handle: z.string(),
  home_dir: z.string(),
  name: z.string(),
  status: z.enum(["created", "already_exists"]),
  /** Others add it as `<nick>@<relay>`; not there when the relay has confirmed none. */
  claimed_nick: z.string().optional(),
  /** Whether one has been seen to serve the session. */
  daemon_running: z.boolean(),
  /** With `--with-local`, when there is one. */
  local_mailbox: z.object({ relay_url: z.string(), slot_id: z.string() }).optional(),
});

/**
 * @throws {WireError} usage; refused (something else stands where the session should lie); locked;
 * unreadable; write_failed; as ensureSelf and ensureNick for a new one, which the next run goes on with
 */
export const sessionNew = {
  input: SessionNewInput,
  output: SessionNewOutput,
  async run(context, { name: text, relay, withLocal, localRelay, noDaemon }) {
    const { env } = context.platform;
    const asked = askedRelay(relay);
    const local = localRelayOf(localRelay ?? DEFAULT_LOCAL_RELAY);
    const isLocalWanted = withLocal === true || localRelay !== undefined;
    const wanted = text === undefined ? undefined : sessionNameOf(text);
    const cwd = env.currentDirectory;
    const sessions = await Sessions.open(context.platform);
    if (wanted !== undefined) await sessions.at(wanted);
    const { name, settle } = await nameFor(context, sessions, wanted);
    await using _lock = await sessions.lock(name, `wire session new ${name}`);
    const session = await sessions.at(name);
    const inner = sessionContext(context, session);
    const existed = await session.home.isInitialized();
    const { identity, nick } = await ensureReachable(context, session, asked);
    await settle();
    const mailbox = isLocalWanted ? await localFor(inner, identity, local) : undefined;
    const isServed = noDaemon === true ? undefined : await startSessionDaemon(context, session);
    return {
      cwd,
      did: identity.did,
      export: exportLine(session.directory),
      handle: identity.handle,
      home_dir: session.directory,
      name,
      status: existed ? "already_exists" : "created",
      ...(nick === undefined ? {} : { claimed_nick: nick }),
      daemon_running: isServed ?? false,
      ...(mailbox === undefined ? {} : { local_mailbox: mailbox }),
    };
  },
} satisfies Operation<typeof SessionNewInput, typeof SessionNewOutput>;

interface Named {
  readonly name: SessionName;
  /** Once the session can be reached. */
  settle(): Promise<void>;
}

/**
 * A directory has its session from the start, so that no other takes the name and the next run goes on with it;
 * but it keeps the one that it has until the one that is to replace it can be reached.
 */
async function nameFor(
  context: ClientContext,
  sessions: Sessions,
  wanted: SessionName | undefined,
): Promise<Named> {
  const cwd = context.platform.env.currentDirectory;
  const had = await sessions.nameFor(cwd);
  if (wanted !== undefined && had !== undefined && had !== wanted) {
    const settle = async () => tell(context, await sessions.reserve(cwd, wanted));
    return { name: wanted, settle };
  }
  const reservation = await sessions.reserve(cwd, wanted);
  tell(context, reservation);
  return { name: reservation.name, settle: () => Promise.resolve() };
}

function tell(
  { warn }: ClientContext,
  { name, replaced, sharedWith, passedOver }: Reservation,
): void {
  if (replaced !== undefined) {
    warn(`note: this directory had session ${replaced}; it is still there`);
  }
  if (sharedWith.length > 0) {
    const where = sharedWith.map((cwd) => JSON.stringify(cwd)).join(", ");
    warn(`note: session ${name} is also that of ${where}: they share one identity and one inbox`);
  }
  for (const other of passedOver) {
    warn(
      `note: there is a session ${other} that no directory has; to use it here: ` +
        `wire session new ${other}`,
    );
  }
}

interface Reachable {
  readonly identity: Identity;
  readonly nick: string | undefined;
}

/** Identity, mailbox and nick. What an existing session cannot get now is told and waits. */
async function ensureReachable(
  context: ClientContext,
  session: Session,
  asked: RelayUrl | undefined,
): Promise<Reachable> {
  const { home, name } = session;
  const inner = sessionContext(context, session);
  const isComplete = await home.isInitialized() &&
    mailboxIn(await home.readRelayState()) !== undefined;
  if (!await home.isInitialized()) await home.createIdentity({ handle: name });
  const relay = asked ?? (isComplete ? undefined : await defaultRelay(context));
  const { identity, mailbox } = await ensureSelf(inner, {
    owner: "wire session new",
    ...(relay === undefined ? {} : { relay }),
  });
  try {
    return { identity, nick: await ensureNick(inner, identity, mailbox) };
  } catch (error) {
    if (!isComplete || !isPassing(error)) throw error;
    context.warn(`warn: no nick on ${mailbox.relayUrl} yet: ${errorText(error)}`);
    return { identity, nick: await claimedNick(inner, mailbox) };
  }
}

const isPassing = (error: unknown): boolean =>
  isOutside(error) || (error instanceof WireError && error.code === "conflict");

async function localFor(
  inner: ClientContext,
  identity: Identity,
  relay: RelayUrl,
): Promise<{ relay_url: string; slot_id: string } | undefined> {
  const result = await ensureLocalMailbox(inner, identity, relay);
  if (result.tag === "there") {
    return { relay_url: shownRelay(result.mailbox.relayUrl), slot_id: result.mailbox.slotId };
  }
  inner.warn(`note: ${result.why}`);
  return undefined;
}
