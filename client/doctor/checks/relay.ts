/** See docs/protocol/cli.md §7.6. */
import { WireError } from "../../../protocol/errors.ts";
import type { RelayUrl } from "../../../protocol/ids.ts";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

export const relay: Check = {
  id: "relay",
  about: "whether the relays of our mailboxes answer, and are relays",
  lessons: [48, 50],
  async look(scene) {
    const bound = await bindings(scene);
    if (bound.tag !== "relays") return bound.finding;
    const found = await Promise.all(bound.relays.map((url) => reach(scene, url)));
    return gathered(found, found.map(({ detail }) => detail).join(", "));
  },
};

type Bindings =
  | { readonly tag: "relays"; readonly relays: readonly RelayUrl[] }
  | { readonly tag: "none"; readonly finding: Finding };

async function bindings(scene: Scene): Promise<Bindings> {
  const relays = await readable(scene);
  if (relays instanceof WireError) {
    return { tag: "none", finding: fail(relays.message, "restore relay.json from a backup") };
  }
  if (relays.length > 0) return { tag: "relays", relays };
  const { self } = await scene.relayState();
  const finding = self === null
    ? warn("no relay bound: nobody can write to us", "wire bind-relay <url>")
    : fail("relay.json names no usable mailbox of ours", "wire bind-relay <url> --migrate-pinned");
  return { tag: "none", finding };
}

async function readable(scene: Scene): Promise<readonly RelayUrl[] | WireError> {
  try {
    return await scene.ownRelays();
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

async function reach(scene: Scene, url: RelayUrl): Promise<Finding> {
  try {
    const { isRelay } = await scene.health(url);
    if (isRelay) return pass(`${url} healthz=200`);
    return fail(
      `what answers at ${url} is no relay: a captive portal, a proxy, or another server`,
      `curl -i ${url}/healthz`,
    );
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return fail(error.message, error.hint ?? `curl -i ${url}/healthz`);
  }
}
