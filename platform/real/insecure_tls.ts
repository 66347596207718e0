/**
 * The one variable that switches TLS verification off, and the warning it costs.
 * See docs/protocol/relay.md §10.4.
 */
import type { Env } from "../env.ts";

export const INSECURE_VARIABLE = "WIRE_INSECURE_SKIP_TLS_VERIFY";
const BOLD_RED = "\x1b[1;31m";
const RESET = "\x1b[0m";
const PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

export const skipsVerification = (env: Env): boolean =>
  /^(1|true|yes|on)$/i.test(env.get(INSECURE_VARIABLE) ?? "");

/** Bold red wherever it goes, unless NO_COLOR is set: it must not be overlooked. */
export function insecureBanner(env: Env): string {
  const warning = `wire: WARNING ${INSECURE_VARIABLE} is set: TLS certificates are NOT verified; ` +
    "man-in-the-middle attacks become undetectable. Unset it as soon as you can.";
  const proxied = PROXY_VARIABLES.some((name) => env.get(name));
  const text = proxied ? `${warning} Proxies are not used for https while it is set.` : warning;
  return env.get("NO_COLOR") ? `${text}\n` : `${BOLD_RED}${text}${RESET}\n`;
}
