/**
 * A hostile guest as a process of its own, at a relay that is honest. Arguments: its URL, the attack
 * and what he knows, as JSON. Ends when the pairing is over.
 */
import { z } from "zod";
import { parseRelayUrl } from "../../../protocol/ids.ts";
import { Attacker, isAttack } from "./attacks.ts";
import { isFormName } from "./room.ts";
import { takeSeat } from "./seat.ts";

const Known = z.object({
  form: z.string().refine(isFormName),
  code: z.string(),
  guess: z.string(),
  keys: z.object({ host: z.string(), guest: z.string() }),
});

const [at = "", what = "", known = ""] = Deno.args;
const url = parseRelayUrl(at);
const attack: unknown = JSON.parse(what);
if (url === undefined || !isAttack(attack)) throw new TypeError(`expected an attack, got ${what}`);
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
await takeSeat({ url, fetch, pause }, new Attacker(attack), Known.parse(JSON.parse(known)));
