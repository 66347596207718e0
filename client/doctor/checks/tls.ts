/** With what, and whether at all, relays are verified. See docs/protocol/relay.md §10.4. */
import type { Check } from "../check.ts";
import { fail, pass, warn } from "../finding.ts";

const VARIABLE = "WIRE_INSECURE_SKIP_TLS_VERIFY";

export const tls: Check = {
  id: "tls",
  about: "how many roots certificates are verified with, and whether they are verified",
  lessons: [48],
  async look({ home }) {
    const { machine, env } = home.platform;
    const { system, bundled } = await machine.trustRoots();
    const roots = `${system} roots of the system, ${bundled} bundled`;
    if (/^(1|true|yes|on)$/i.test(env.get(VARIABLE) ?? "")) {
      return fail(
        `${VARIABLE} is set: certificates are not verified (${roots})`,
        `unset ${VARIABLE}`,
      );
    }
    if (bundled === 0) return fail(`${roots}: the program is not whole`, "install wire again");
    if (system > 0) return pass(roots);
    return warn(
      `${roots}: a company's own root cannot be among them`,
      "install the system's certificates (package ca-certificates)",
    );
  },
};
