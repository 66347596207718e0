/** How mail comes to a running daemon. */
import { readTransports, type TransportRecord } from "../../../store/home/transports.ts";
import type { Check, Finding } from "../check.ts";
import { gathered, pass, warn } from "../finding.ts";

export const transport: Check = {
  id: "transport",
  about: "whether mail comes as it arrives, or only when it is asked for",
  lessons: [8, 47],
  async look(scene) {
    const { running } = await scene.daemon();
    if (!running) return pass("no daemon runs");
    const records = await readTransports(scene.home);
    const ways = records.map(({ relay_url, transport }) => `${relay_url}: ${transport}`);
    return gathered(records.map(judge), ways.join(", ") || "the daemon has not said yet");
  },
};

function judge({ relay_url, transport, why }: TransportRecord): Finding {
  if (transport === "websocket" || transport === "event_stream") return pass(relay_url);
  const how = transport === "polling" ? "only when it is asked for" : "in no way";
  return warn(`mail at ${relay_url} comes ${how}: ${why ?? "no reason known"}`, "wire status");
}
