/**
 * The relay for Deno Deploy, or anywhere with `deno run`: the platform's HTTP server and its KV. No
 * other part of the program runs here. Its settings are WIRE_TRUST_PROXY, WIRE_LOG and, to try it
 * elsewhere, WIRE_KV: a KV server's URL or a file.
 */
import { RealClock } from "./platform/real/clock.ts";
import { RealRandom } from "./platform/real/random.ts";
import { deployRelay } from "./relay/deploy.ts";
import { operatorLog } from "./relay/operator_log.ts";
import { openKv } from "./store/slots/open_kv.ts";

const clock = new RealClock();
const encoder = new TextEncoder();
const log = operatorLog({
  format: "json",
  least: Deno.env.get("WIRE_LOG"),
  clock,
  write: (line) => void Deno.stderr.writeSync(encoder.encode(line)),
});
const trustProxy = Deno.env.get("WIRE_TRUST_PROXY");
const place = {
  place: Deno.env.get("WIRE_KV"),
  name: "of this platform",
  mustExist: false,
  isChecked: false,
};

const { fetch } = deployRelay({
  platform: { clock, random: new RealRandom(), log },
  kv: await openKv(place),
  watching: await openKv(place),
  ...(trustProxy === undefined ? {} : { trustProxy }),
  upgradeWebSocket: (request, options) => Deno.upgradeWebSocket(request, options),
});

export { fetch };

if (import.meta.main) Deno.serve(fetch);
