/** What a service manager is to keep running: the daemon of a home, or a relay for this machine. */
import type { Platform } from "../../platform/platform.ts";
import type { SelfCommand } from "../../platform/processes.ts";
import { WireError } from "../../protocol/errors.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { ALL_SESSIONS } from "../../store/home/daemon_call.ts";

export interface Unit {
  readonly kind: "daemon" | "local-relay";
  /** Without a suffix of the system: `wire-daemon`. */
  readonly name: string;
  readonly description: string;
  readonly command: readonly string[];
  /** Where the home is, where that is not the default. Never a secret. */
  readonly env: Readonly<Record<string, string>>;
}

const HOME_DIGITS = 8;
const HOME_VARIABLES = ["XDG_CONFIG_HOME", "XDG_STATE_HOME"] as const;

/**
 * A home of its own has a unit of its own: WIRE_HOME is in it, and in its name by a hash. Proxy
 * settings may hold a password and are left out.
 * @throws {WireError} usage, of a path that no unit can hold
 */
export function daemonUnit(
  { env }: Platform,
  self: SelfCommand,
  { configRoot, allSessions }: { readonly configRoot: string; readonly allSessions: boolean },
): Unit {
  const home = env.get("WIRE_HOME");
  const all = allSessions ? [ALL_SESSIONS] : [];
  const own = home ? { WIRE_HOME: homeOf(configRoot) } : xdgOf(env);
  const suffix = home
    ? `-${hex(sha256(new TextEncoder().encode(configRoot))).slice(0, HOME_DIGITS)}`
    : "";
  return checked({
    kind: "daemon",
    name: `wire-daemon${suffix}`,
    description: "wire daemon: sends and receives",
    command: [self.executable, ...self.prefix, "daemon", "--interval", "5", ...all],
    env: { ...self.env, ...own },
  });
}

/** One for the machine, whatever home asks for it; it listens where `--with-local` looks. */
export function localRelayUnit(self: SelfCommand): Unit {
  return checked({
    kind: "local-relay",
    name: "wire-local-relay",
    description: "wire relay for this machine alone",
    command: [self.executable, ...self.prefix, "relay-server", "--local-only"],
    env: self.env,
  });
}

/** `<WIRE_HOME>/config/wire`, made absolute. */
const homeOf = (configRoot: string): string => configRoot.replace(/[\\/]config[\\/]wire$/, "");

function xdgOf(env: Platform["env"]): Readonly<Record<string, string>> {
  if (env.os !== "linux") return {};
  const named = HOME_VARIABLES.flatMap((name) => {
    const value = env.get(name);
    return value?.startsWith("/") ? [[name, value] as const] : [];
  });
  return Object.fromEntries(named);
}

function checked(unit: Unit): Unit {
  const odd = [...unit.command, ...Object.values(unit.env)].find((text) => /\p{Cc}/u.test(text));
  if (odd === undefined) return unit;
  throw new WireError("usage", `Cannot write a service with ${JSON.stringify(odd)} in it`);
}
