/**
 * The meeting places of both forms as a relay has them that is the attacker: it lets him choose what
 * each side is shown. Everything else the relay behind it does honestly.
 */
import { z } from "zod";
import { isSlotId, isSlotToken, type RelayUrl } from "../../../protocol/ids.ts";
import type { Side } from "../../../protocol/pair2/side.ts";
import { Pair2PutRequest } from "../../../protocol/schemas/pair2_api.ts";
import { PairOpenRequest } from "../../../protocol/schemas/relay_api.ts";
import { bytesFor } from "../adversary.ts";
import { type Attack, Attacker } from "./attacks.ts";
import { type AnyPhase, type FormName, type Known, PHASES_OF, Room } from "./room.ts";

export type Answer = (request: Request) => Promise<Response>;

/** What he is told of the pairing that comes. */
export const Told = z.object({
  /** How the code begins, or all of it. */
  code: z.string(),
  /** Of the victims, base64. */
  keys: z.object({ host: z.string(), guest: z.string() }),
  /** For the second pairing on, what to do then. */
  attacking: z.boolean(),
});
export type Told = z.infer<typeof Told>;

const NAMEPLATE = "4821";
const SIDES: readonly Side[] = ["host", "guest"];
const Sealed = z.object({ role: z.enum(["host", "guest"]), sealed: z.string() });

export class HostileMeeting {
  readonly #inner: Answer;
  readonly #attacker: Attacker;
  readonly #honest: Attacker;
  #attacking = true;
  #keys: Known["keys"] = { host: new Uint8Array(32), guest: new Uint8Array(32) };
  #count = 0;
  #room: Room | undefined;

  private constructor(inner: Answer, attacker: Attacker, honest: Attacker) {
    this.#inner = inner;
    this.#attacker = attacker;
    this.#honest = honest;
  }

  /** @param inner the honest relay */
  static async create(url: RelayUrl, attack: Attack, inner: Answer): Promise<HostileMeeting> {
    const request = new Request(`${url}/v1/slot/allocate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { slot_id: slotId, slot_token: slotToken } = await (await inner(request)).json();
    if (!isSlotId(slotId) || !isSlotToken(slotToken)) throw new Error("expected a mailbox");
    const mailbox = { relayUrl: url, slotId, slotToken };
    const honest = new Attacker({ do: "nothing" }, mailbox);
    return new HostileMeeting(inner, new Attacker(attack, mailbox), honest);
  }

  get attempts(): number {
    return this.#attacker.attempts;
  }

  tell({ code, keys, attacking }: Told): void {
    this.#keys = {
      host: Uint8Array.fromBase64(keys.host),
      guest: Uint8Array.fromBase64(keys.guest),
    };
    this.#attacking = attacking;
    this.#attacker.learn(code);
    if (this.#room !== undefined) Object.assign(this.#room.known.keys, this.#keys);
  }

  answer: Answer = async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [, , kind, place = "", step = ""] = pathname.split("/");
    if (kind === "pair") return await this.#old(request, { place, step, searchParams });
    if (kind === "pair2") return await this.#pair2(request, { place, step });
    return await this.#inner(request);
  };

  #open(form: FormName, shownHash: string): Room {
    if (this.#room !== undefined) this.#attacker.remember(this.#room);
    const pairId = bytesFor(`his meeting ${++this.#count}`, 16).toHex();
    const known = { shownHash, nameplate: NAMEPLATE, keys: { ...this.#keys } };
    return this.#room = new Room(form, pairId, known);
  }

  #shown(room: Room, victim: Side, phase: AnyPhase): string | undefined {
    const who = this.#attacking ? this.#attacker : this.#honest;
    return who.show(room, victim, phase)?.toBase64();
  }

  async #old(
    request: Request,
    { place, step, searchParams }: {
      readonly place: string;
      readonly step: string;
      readonly searchParams: URLSearchParams;
    },
  ): Promise<Response> {
    if (place === "abandon") {
      if (this.#room !== undefined) this.#room.closed = "abandoned";
      return new Response(null, { status: 204 });
    }
    if (place === "") {
      const { code_hash, role, msg } = PairOpenRequest.parse(await request.json());
      const known = this.#room?.known.shownHash === code_hash ? this.#room : undefined;
      const room = known ?? this.#open("0.5.19", code_hash);
      for (const side of SIDES) {
        if (role === side) room.put[side].message ??= Uint8Array.fromBase64(msg);
      }
      return Response.json({ pair_id: room.pairId }, { status: 201 });
    }
    const room = this.#room;
    if (room?.pairId !== place || room.closed !== null) {
      return Response.json({ error: "unknown pair_id" }, { status: 404 });
    }
    if (step === "bootstrap") {
      const { role, sealed } = Sealed.parse(await request.json());
      room.put[role].bootstrap ??= Uint8Array.fromBase64(sealed);
      return Response.json({ ok: true }, { status: 201 });
    }
    const victim = searchParams.get("as_role") === "host" ? "host" : "guest";
    return Response.json({
      peer_msg: this.#shown(room, victim, "message") ?? null,
      peer_bootstrap: this.#shown(room, victim, "bootstrap") ?? null,
    });
  }

  async #pair2(
    request: Request,
    { place, step }: { readonly place: string; readonly step: string },
  ): Promise<Response> {
    if (request.method === "POST" && step === "") return this.#seat(place);
    const room = this.#room;
    const token = request.headers.get("authorization")?.replace("Bearer ", "");
    const victim = SIDES.find((side) => token === tokenOf(room, side));
    if (room === undefined || victim === undefined) {
      return Response.json({ error: "bad token" }, { status: 403 });
    }
    if (request.method === "DELETE") {
      const { host, guest } = room.put;
      const isDone = host.done !== undefined && guest.done !== undefined;
      room.closed ??= isDone ? "done" : "abandoned";
    }
    if (request.method !== "PUT") return Response.json(this.#view(room, victim));
    const phase = PHASES_OF["pair/2"].find((each) => each === step);
    if (phase === undefined || room.closed !== null) {
      return Response.json({ error: "pairing closed" }, { status: 410 });
    }
    const { body } = Pair2PutRequest.parse(await request.json());
    room.put[victim][phase] ??= Uint8Array.fromBase64(body);
    return Response.json({ phase }, { status: 201 });
  }

  #seat(place: string): Response {
    const side = place === "" ? "host" : "guest";
    const room = side === "host" ? this.#open("pair/2", "") : this.#room;
    if (room === undefined || room.joined) {
      return Response.json({ error: "this code is already in use by two sides" }, { status: 409 });
    }
    room.joined = side === "guest";
    return Response.json({
      nameplate: NAMEPLATE,
      pair_id: room.pairId,
      side,
      side_token: tokenOf(room, side),
      expires_at: FAR,
    }, { status: 201 });
  }

  #view(room: Room, victim: Side) {
    const peer: Record<string, string> = {};
    for (const phase of PHASES_OF["pair/2"]) {
      const shown = this.#shown(room, victim, phase);
      if (shown !== undefined) peer[phase] = shown;
    }
    const { joined, closed } = room;
    return { side: victim, joined, expires_at: FAR, peer, closed };
  }
}

/** He has no reason to let a code expire. */
const FAR = "2099-01-01T00:00:00Z";

const tokenOf = (room: Room | undefined, side: Side): string =>
  bytesFor(`his token ${room?.pairId} ${side}`, 16).toHex();
