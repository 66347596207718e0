/**
 * From nothing to a home that sends and receives, in one command; run again, it makes what is
 * missing and changes nothing else. See docs/protocol/cli.md §7.3.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { DEFAULT_LOCAL_RELAY, localRelayOf } from "../sessions/local_mailbox.ts";
import { parseUpAddress } from "../up/address.ts";
import { cardStep } from "../up/card_step.ts";
import { daemonStep } from "../up/daemon_step.ts";
import { localStep, probeLocal } from "../up/local_step.ts";
import { identityStep } from "../up/identity_step.ts";
import { mailboxStep } from "../up/mailbox_step.ts";
import { nickStep } from "../up/nick_step.ts";
import { UpStep } from "../up/step.ts";

const UpInput = z.object({
  /** `nick`, `nick@host` or `nick@http(s)://…`; left out where there is an identity. */
  address: z.string().optional(),
  /** On the card. */
  name: z.string().optional(),
  /** Also a mailbox on a relay of this machine. */
  withLocal: z.boolean().optional(),
  /** Which; naming one is asking for it. */
  localRelay: z.string().optional(),
});

const UpOutput = z.object({
  nick: z.string(),
  /** Where the mailbox is. */
  relay: z.string(),
  steps: z.array(UpStep),
  /** False when everything was so before. */
  changed: z.boolean(),
});

/**
 * Says each step beside the result as soon as it is so. Only identity and mailbox can fail it.
 * @throws {WireError} usage; already_initialized, as somebody else; unreachable, relay_status,
 * relay_garbage (what was done stays, and the hint says how to go on); unreadable, write_failed
 */
export const up = {
  input: UpInput,
  output: UpOutput,
  async run(context, { address, name, withLocal, localRelay }) {
    const asked = address === undefined ? undefined : parseUpAddress(address);
    const local = localRelayOf(localRelay ?? DEFAULT_LOCAL_RELAY);
    await context.home.readRelayState(); // an unreadable one is found before anything is made
    await using probe = probeLocal(context, local);
    const steps: UpStep[] = [];
    const say = (step: UpStep): void => {
      steps.push(step);
      context.warn(`wire up: ${step.stage} — ${step.detail}`);
    };
    const [identity, made] = await identityStep(context, { nick: asked?.nick, name });
    say(made);
    const [mailbox, bound] = await orHowToGoOn(context, identity, asked?.relay);
    say(bound);
    const isWanted = withLocal === true || localRelay !== undefined;
    const near = await localStep(context, { identity, mailbox, probe, isWanted });
    if (near !== undefined) say(near);
    const claimed = await nickStep(context, identity, mailbox);
    say(claimed.step);
    const card = await cardStep(context);
    if (card !== undefined) say(card);
    const daemon = await daemonStep(context);
    say(daemon);
    const changed = steps.some(({ status }) => status === "done");
    say(ready(steps, identity, { relay: mailbox.relayUrl, address: claimed.address }));
    return { nick: identity.handle, relay: mailbox.relayUrl, steps, changed };
  },
} satisfies Operation<typeof UpInput, typeof UpOutput>;

async function orHowToGoOn(
  context: ClientContext,
  { handle, did }: Identity,
  relay: RelayUrl | undefined,
): Promise<readonly [NewMailbox, UpStep]> {
  try {
    return await mailboxStep(context, relay);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const again = relay === undefined ? handle : `${handle}@${relay}`;
    const next = `done: the identity ${did}; not done: mailbox, nick, daemon\n` +
      `when the relay answers, or with another one: wire up ${again}`;
    const hint = error.hint === undefined ? next : `${error.hint}\n${next}`;
    throw new WireError(error.code, error.message, { hint, cause: error.cause });
  }
}

function ready(
  steps: readonly UpStep[],
  { handle }: Identity,
  { relay, address }: { readonly relay: RelayUrl; readonly address: string | undefined },
): UpStep {
  const open = steps.filter(({ status }) => status === "warning").map(({ stage }) => stage);
  if (open.includes("daemon") || open.includes("bind-relay")) {
    const detail = `WARNING not ready yet: look at ${open.join(", ")} above, then again: ` +
      `wire up ${handle}`;
    return { stage: "ready", detail, status: "warning" };
  }
  const isChanged = steps.some(({ status }) => status === "done");
  const next = address === undefined
    ? `pair with somebody: wire pair-host --relay ${relay}`
    : `others reach you by: wire add ${address}`;
  const detail = isChanged ? `ready. ${next}` : `ready, and nothing was changed. ${next}`;
  return { stage: "ready", detail, status: isChanged ? "done" : "already" };
}
