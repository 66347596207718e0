/** The daemon of the home that the environment names; whoever never asks for it pays nothing. */
import type { DaemonLink } from "../client/daemon_link.ts";
import type { Platform } from "../platform/platform.ts";

export function lazyDaemonLink(platform: Platform): DaemonLink {
  let loaded: Promise<DaemonLink> | undefined;
  const link = (): Promise<DaemonLink> => loaded ??= load(platform);
  return {
    nudge: async () => await (await link()).nudge(),
    status: async () => await (await link()).status(),
    async *watch(signal) {
      yield* (await link()).watch(signal);
    },
  };
}

async function load(platform: Platform): Promise<DaemonLink> {
  const [{ daemonLink }, { openHome }] = await Promise.all([
    import("./link.ts"),
    import("../store/home/home.ts"),
  ]);
  return daemonLink(openHome(platform));
}
