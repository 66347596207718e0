/** What stands between us and the relays. */
import type { Check, Finding } from "../check.ts";
import { gathered, pass, warn } from "../finding.ts";

export const proxy: Check = {
  id: "proxy",
  about: "whether the proxy that the environment names can carry WebSockets",
  lessons: [48, 50],
  async look(scene) {
    const { machine } = scene.home.platform;
    const relays = await scene.ownRelays();
    const found = await Promise.all(relays.map(async (url): Promise<Finding> => {
      const way = await machine.proxyFor(url);
      switch (way.tag) {
        case "direct":
          return pass(`${url} directly`);
        case "proxy":
          return pass(`${url} by ${way.host}:${way.port}`);
        case "unusable":
          return warn(
            `${way.variable} cannot be used for ${url}: ${way.why}`,
            `unset ${way.variable}`,
          );
      }
    }));
    return gathered(found, found.map(({ detail }) => detail).join(", ") || "no relay to reach");
  },
};
