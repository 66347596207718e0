/** What a relay could and cannot any more is a loud stop. See docs/protocol/extensions.md, opening rule 3. */
import { WireError } from "../../../protocol/errors.ts";
import type { RelayUrl } from "../../../protocol/ids.ts";
import { readRelayFeatures } from "../../../store/home/relay_features.ts";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass } from "../finding.ts";
import type { Scene } from "../scene.ts";

export const relayFeatures: Check = {
  id: "relay_features",
  about: "whether relays still offer what they once announced",
  lessons: [],
  async look(scene) {
    const found = await Promise.all((await scene.ownRelays()).map((url) => compare(scene, url)));
    return gathered(found, "nothing is missing");
  },
};

async function compare(scene: Scene, url: RelayUrl): Promise<Finding> {
  const known = await readRelayFeatures(scene.home, url);
  try {
    const { features = [], isRelay } = await scene.health(url);
    const lost = known.filter((feature) => !features.includes(feature));
    if (!isRelay || lost.length === 0) return pass(url);
    return fail(
      `${url} offered ${lost.join(", ")} before and does not any more`,
      `ask its operator why; to go on without: wire bind-relay ${url} --accept-lost-features`,
    );
  } catch (error) {
    if (error instanceof WireError) return pass(url); // the check of relays says why
    throw error;
  }
}
