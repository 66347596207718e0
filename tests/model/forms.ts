/** The ways to pair as two operators go them, and what each promises at any moment. */
import { accept } from "../../client/operations/accept.ts";
import { add } from "../../client/operations/add.ts";
import { claim } from "../../client/operations/claim.ts";
import { invite } from "../../client/operations/invite.ts";
import { pairAccept, pairListInbound, pairReject } from "../../client/operations/pair_inbound.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { pairHost } from "../../client/operations/pair_host.ts";
import { pairJoin } from "../../client/operations/pair_join.ts";
import type { PairOutput } from "../../client/pairing/pair_progress.ts";
import { RELAY } from "../pair2/pair2_world.ts";
import type { Name, Side } from "./side.ts";

export type Sides = Readonly<Record<Name, Side>>;

/** What the operators have said to each other. */
export interface Spoken {
  /** A code or an invite, from alice to bob. */
  code?: string;
  /** Who has said yes. */
  readonly yes: Set<Name>;
}

export const FORMS = ["0.5.19", "pair/2", "invite", "add", "add each other"] as const;
export type Form = typeof FORMS[number];

export const otherName = (name: Name): Name => name === "alice" ? "bob" : "alice";

/** Before anybody is hostile. */
export async function prepare(form: Form, sides: Sides): Promise<void> {
  if (form !== "add" && form !== "add each other") return;
  for (const { name, agent } of Object.values(sides)) {
    await claim.run(agent.context(), claim.input.parse({ nick: name, relay: RELAY }));
  }
}

/** The next thing that an operator does who wants to pair with the other, and with nobody else. */
export async function gesture(form: Form, name: Name, sides: Sides, spoken: Spoken): Promise<void> {
  const [self, other] = [sides[name], sides[otherName(name)]];
  switch (form) {
    case "0.5.19":
    case "pair/2":
      if (spoken.code === undefined || (await self.pairings()).length === 0) {
        return await beginCode(form, self, spoken);
      }
      return await compare(self, other, spoken);
    case "invite":
      spoken.yes.add(name);
      if (name === "alice" && spoken.code === undefined) {
        const invited = await self.run((context) => invite.run(context, { relay: RELAY }));
        if (invited !== undefined) spoken.code = invited.invite_url;
      }
      if (name === "bob" && spoken.code !== undefined) {
        const url = spoken.code;
        await self.run((context) => accept.run(context, { url }));
      }
      return;
    case "add":
    case "add each other":
      return await consent(self, other, { spoken, asks: form !== "add" || name === "bob" });
  }
}

async function beginCode(form: "0.5.19" | "pair/2", self: Side, spoken: Spoken): Promise<void> {
  const { code } = spoken;
  const compat = form === "0.5.19";
  if (self.name === "alice" && code === undefined) {
    const shown = await self.run((context) =>
      queued(
        (signal) => pairHost.stream(context, { relay: RELAY, detach: true, compat }, signal),
      )
    );
    if (shown !== undefined) spoken.code = shown;
  }
  if (self.name === "bob" && code !== undefined && !await self.isVerified()) {
    await self.run((context) =>
      queued(
        (signal) => pairJoin.stream(context, { relay: RELAY, detach: true, code }, signal),
      )
    );
  }
}

async function queued(
  start: (signal: AbortSignal) => AsyncIterable<PairOutput>,
): Promise<string | undefined> {
  for await (const output of start(new AbortController().signal)) {
    if ("state" in output) return output.code_phrase;
  }
  return undefined;
}

/** Types the digits of the other screen, if both show some. */
async function compare(self: Side, other: Side, { yes }: Spoken): Promise<void> {
  const own = (await self.pairings()).find(({ status }) => status === "sas_ready");
  const digits = (await other.pairings()).findLast(({ sas }) => sas !== null)?.sas;
  if (own === undefined || digits === undefined || digits === null) return;
  if (own.sas === digits) yes.add(self.name);
  await self.run((context) => pairConfirm.run(context, { code: own.code, digits }));
}

/** Asks, or answers whoever asked: yes to the DID of the other, no to all others. */
async function consent(
  self: Side,
  other: Side,
  { spoken, asks }: { spoken: Spoken; asks: boolean },
): Promise<void> {
  const waiting = await pairListInbound.run(self.agent.context());
  for (const { peer_did, peer_handle: peer } of waiting) {
    if (peer_did === other.agent.did) {
      spoken.yes.add(self.name);
      await self.run((context) => pairAccept.run(context, { peer }));
    } else await self.run((context) => pairReject.run(context, { peer }));
  }
  if (!asks) return;
  spoken.yes.add(self.name);
  await self.run((context) =>
    add.run(context, add.input.parse({ handle: `${other.name}@relay.test`, relay: RELAY }))
  );
}
