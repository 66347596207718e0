/** A client, and a relay of ours in memory that it has a mailbox on. */
import assert from "node:assert/strict";
import type { Files } from "../../platform/files.ts";
import { isSlotId, isSlotToken } from "../../protocol/ids.ts";
import { type GrantEntry, readGrants } from "../../store/home/grants.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { type Answer, RelayWorld, type Slot } from "../relay/relay_world.ts";
import { type ClientContext, createContext } from "../../client/context.ts";
import { livingWorld, RELAY, type World } from "../../client/fake/world.ts";
import { bindMailbox, relayUrlOf } from "../../client/mailbox.ts";

type Row = Readonly<Record<string, unknown>>;

export interface GrantingWorld extends World, AsyncDisposable {
  readonly self: Identity;
  readonly relay: RelayWorld;
  readonly mailbox: NewMailbox;
  /** What the relay says of the mailbox's grants. */
  rows(): Promise<readonly Row[]>;
  /** What somebody who holds that token can do. */
  post(token: string, event: string): Promise<Answer>;
}

/** @param relay one that others use, too */
export async function grantingWorld(
  seed = "alice",
  relay: RelayWorld = new RelayWorld(),
): Promise<GrantingWorld> {
  const world = await livingWorld(seed);
  const { clock } = world.platform;
  await clock.advance(relay.clock.now() - clock.now()); // expiries are told apart by both
  connect(world, relay);
  const { handle } = world.self;
  const mailbox = await bindMailbox(world.context, {
    url: relayUrlOf(RELAY),
    handle,
    owner: "test",
  });
  const { slotId: id, slotToken: token } = mailbox;
  return {
    ...world,
    relay,
    mailbox,
    async rows() {
      const { text } = await relay.call(`/v1/slot/${id}/grants`, { token });
      const { grants } = JSON.parse(text);
      assert.ok(Array.isArray(grants), text);
      return grants;
    },
    post: (other, event) => relay.post({ id, token: other }, event),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

/** From now on the relay answers, whatever was in its place. */
export function connect({ platform }: World, relay: RelayWorld): void {
  platform.net.serve(
    RELAY,
    (request) => relay.relay.fetch(request, { remoteAddress: "192.0.2.1" }),
  );
}

/** The relay takes everything, but answers that to such requests. */
export function disturb(
  { platform, relay }: GrantingWorld,
  isMeant: (request: Request) => boolean,
  answer: (request: Request) => Response | Promise<Response>,
): void {
  platform.net.serve(
    RELAY,
    (request) =>
      isMeant(request)
        ? answer(request)
        : relay.relay.fetch(request, { remoteAddress: "192.0.2.1" }),
  );
}

export const isMint = ({ method, url }: Request): boolean =>
  method === "POST" && url.endsWith("/grants");

/** The same home in another process, on these files. */
export const processOf = ({ platform }: World, files: Files = platform.files): ClientContext =>
  createContext({ ...platform, files }, { warn: () => {} });

export const recorded = async ({ home }: World): Promise<readonly GrantEntry[]> =>
  (await readGrants(home)).grants;

/** As a mailbox of ours. */
export function mailboxOf({ id, token }: Slot): NewMailbox {
  assert.ok(isSlotId(id) && isSlotToken(token));
  return { relayUrl: relayUrlOf(RELAY), slotId: id, slotToken: token };
}

/** Rows that still take mail. */
export const live = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ revoked_at }) => revoked_at === null);

/** Time passes for the relay's expiries; its sweeps of every minute stay out of it. */
export function skip({ clock }: RelayWorld, ms: number): void {
  clock.setWallClock(Temporal.Instant.fromEpochMilliseconds(clock.now() + ms).toString());
}
