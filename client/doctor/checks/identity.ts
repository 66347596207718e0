/** See docs/protocol/identity-and-events.md §3 and §6. */
import { WireError } from "../../../protocol/errors.ts";
import type { Check } from "../check.ts";
import { fail, pass, warn } from "../finding.ts";

export const identity: Check = {
  id: "identity",
  about: "whether key and card are there, belong together and can sign",
  lessons: [24, 27],
  async look(scene) {
    const { home } = scene;
    const { file, platform: { files } } = home;
    try {
      const { did, fingerprint, handle } = await scene.identity();
      if (did.endsWith(fingerprint)) return pass(did);
      return warn(
        `${did} is of before 0.5.7: it does not commit to the key, and newer peers refuse it`,
        `make another home: WIRE_HOME=<directory> wire init ${handle}`,
      );
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const isFresh = error.code === "not_initialized" && await files.stat(file.card) === undefined;
      if (!isFresh) {
        return fail(error.message, error.hint ?? "restore key and card from one backup");
      }
      const left = await files.stat(file.privateKey) === undefined ? "" : " (a key without a card)";
      return fail(`no identity in ${home.paths.configRoot}${left}`, "wire init <handle>");
    }
  },
};
