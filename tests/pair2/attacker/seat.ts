/**
 * The same attacker as somebody who has got hold of a code and takes the guest's place at a relay that
 * is honest: what he would show, he puts there himself.
 */
import { z } from "zod";
import type { RelayUrl } from "../../../protocol/ids.ts";
import { codeHash, parseCodePhrase } from "../../../protocol/pairing/code_phrase.ts";
import { Pair2SeatReply, Pair2View } from "../../../protocol/schemas/pair2_api.ts";
import { bytesFor } from "../adversary.ts";
import type { Attacker } from "./attacks.ts";
import type { Told } from "./meeting.ts";
import { type FormName, type Known, PHASES_OF, Room } from "./room.ts";

type Fetch = (request: Request) => Promise<Response>;

export interface Seat {
  readonly url: RelayUrl;
  readonly fetch: Fetch;
  /** Until the next look. */
  pause(): Promise<unknown>;
}

const OldView = z.object({ peer_msg: z.string().nullable() });
const Opened = z.object({ pair_id: z.string() });

export interface Intrusion extends Omit<Told, "attacking"> {
  readonly form: FormName;
  /** What he takes the code for. */
  readonly guess: string;
}

/** Until the pairing is over, or he has nothing more to say. */
export async function takeSeat(
  seat: Seat,
  attacker: Attacker,
  { form, code, guess, keys }: Intrusion,
): Promise<void> {
  const known = {
    nameplate: code.split("-")[0] ?? "",
    shownHash: form === "0.5.19" ? codeHash(parseCodePhrase(code)) : "",
    keys: { host: Uint8Array.fromBase64(keys.host), guest: Uint8Array.fromBase64(keys.guest) },
  };
  attacker.learn(guess);
  await (form === "0.5.19" ? old : pair2)(seat, attacker, known);
}

const call = ({ url, fetch }: Seat, path: string, options: {
  readonly method: string;
  readonly token?: string;
  readonly body?: unknown;
}): Promise<Response> =>
  fetch(
    new Request(`${url}${path}`, {
      method: options.method,
      headers: {
        "content-type": "application/json",
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    }),
  );

async function old(seat: Seat, attacker: Attacker, known: Known): Promise<void> {
  const room = new Room("0.5.19", "", known, { heIsGuest: true });
  const message = attacker.show(room, "host", "message");
  if (message === undefined) throw new Error("expected a message that needs no other");
  const body = { code_hash: known.shownHash, role: "guest", msg: message.toBase64() };
  const opened = await call(seat, "/v1/pair", { method: "POST", body });
  const { pair_id } = Opened.parse(await opened.json());
  for (;;) {
    const view = await call(seat, `/v1/pair/${pair_id}?as_role=guest`, { method: "GET" });
    if (view.status !== 200) return;
    OldView.parse(await view.json());
    await seat.pause();
  }
}

async function pair2(seat: Seat, attacker: Attacker, known: Known): Promise<void> {
  const claim = bytesFor("his claim", 16).toHex();
  const path = `/v1/pair2/${known.nameplate}`;
  const taken = await call(seat, path, { method: "POST", body: { claim } });
  const { pair_id, side_token: token } = Pair2SeatReply.parse(await taken.json());
  const room = new Room("pair/2", pair_id, known, { heIsGuest: true });
  for (;;) {
    const looked = await call(seat, `/v1/pair2/${pair_id}`, { method: "GET", token });
    const view = Pair2View.parse(await looked.json());
    if (view.closed !== null) return;
    for (const [i, phase] of PHASES_OF["pair/2"].entries()) {
      const shown = view.peer[phase];
      if (shown !== undefined) room.put.host[phase] = Uint8Array.fromBase64(shown);
      const before = PHASES_OF["pair/2"][i - 1];
      if (before !== undefined && room.put.host[before] === undefined) break;
      const said = attacker.show(room, "host", phase);
      if (said === undefined || room.put.guest[phase] !== undefined) continue;
      const body = { body: said.toBase64() };
      const put = await call(seat, `/v1/pair2/${pair_id}/${phase}`, { method: "PUT", token, body });
      if (put.status !== 201) return;
      room.put.guest[phase] = said;
    }
    await seat.pause();
  }
}
