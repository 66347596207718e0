/** A clock that is wrong ends invites, requests and pairings too early, or never. */
import { WireError } from "../../../protocol/errors.ts";
import type { Check, Finding } from "../check.ts";
import { duration, fail, gathered, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";
import type { RelayUrl } from "../../../protocol/ids.ts";

/** The header has whole seconds, and the answer took its time. */
const TOLERANCE_MS = 30_000;
/** Pairings end after ten minutes; half of it is the other side's. */
const TOO_FAR_MS = 300_000;

export const clock: Check = {
  id: "clock",
  about: "whether our clock and the relays' agree",
  lessons: [16],
  async look(scene) {
    const found = await Promise.all((await scene.ownRelays()).map((url) => compare(scene, url)));
    const told = found.filter(({ status, detail }) => status !== "PASS" || detail !== "");
    return gathered(told, told.map(({ detail }) => detail).join(", ") || "no relay tells the time");
  },
};

async function compare(scene: Scene, url: RelayUrl): Promise<Finding> {
  const { clock } = scene.home.platform;
  let dateMs: number | undefined;
  try {
    ({ dateMs } = await scene.health(url));
  } catch (error) {
    if (error instanceof WireError) return pass(""); // the check of relays says why
    throw error;
  }
  if (dateMs === undefined) return pass("");
  const ahead = clock.now() - dateMs;
  const apart = Math.abs(ahead);
  if (apart <= TOLERANCE_MS) return pass(`within ${TOLERANCE_MS / 1_000} s of ${url}`);
  const detail = `our clock is ${duration(apart)} ${ahead > 0 ? "ahead of" : "behind"} ${url}`;
  const fix = "set the clock: timedatectl set-ntp true";
  return apart > TOO_FAR_MS ? fail(detail, fix) : warn(detail, fix);
}
