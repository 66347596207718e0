/** What an argument or an option's value may be: which names a shell offers there. */
import { AWAITED_STEPS } from "../../client/delivery/can_prove.ts";
import { HOSTS } from "../../client/setup/hosts.ts";
import { PROFILES } from "../../mcp/profile.ts";

/** Asked for when Tab is pressed, by `wire completions --values`. */
export const ASKED = ["peers", "requests", "pairings", "codes", "sessions"] as const;
export type Asked = typeof ASKED[number];

export type Values =
  | { readonly tag: "free" }
  | { readonly tag: "files" }
  | { readonly tag: "directories" }
  | { readonly tag: "asked"; readonly what: Asked }
  | { readonly tag: "words"; readonly words: readonly string[] };

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

const FREE: Values = { tag: "free" };
const asked = (what: Asked): Values => ({ tag: "asked", what });
const words = (...list: readonly string[]): Values => ({ tag: "words", words: list });

const FIELDS = words(
  ...["display_name", "emoji", "motto", "vibe", "pronouns", "avatar_url", "handle", "now"],
  ...["listed", "capabilities"],
);

/** By what help calls the argument. */
const BY_NAME: Readonly<Record<string, Values>> = {
  "peer": asked("peers"),
  "path": { tag: "files" },
  "card-file": { tag: "files" },
  "dir": { tag: "directories" },
  "directory": { tag: "directories" },
  "code": asked("pairings"),
  "field": FIELDS,
  "shell": words(...SHELLS),
};

/** Where a command means something else by that, as `<command> <argument>`. */
const BY_COMMAND: Readonly<Record<string, Values>> = {
  "add-peer-slot handle": asked("peers"),
  "forget-peer handle": asked("peers"),
  "whois handle": asked("peers"),
  "pair-accept peer": asked("requests"),
  "pair-reject peer": asked("requests"),
  "pair-join code": asked("codes"),
  "session env name": asked("sessions"),
  "session destroy name": asked("sessions"),
  "send kind-or-body": words("decision", "heartbeat", "claim", "ack"),
};

const BY_OPTION: Readonly<Record<string, Values>> = {
  "completions values": words(...ASKED),
  "mcp profile": words(...PROFILES),
  "send wait": words(...AWAITED_STEPS),
  "setup host": words(...HOSTS.map(({ id }) => id)),
  "pair-watch status": words("sas_ready", "confirmed", "finalized", "aborted"),
  "relay-server log": words("json", "text", "off"),
};

export const valuesOfPlace = (command: string, place: string): Values =>
  BY_COMMAND[`${command} ${place}`] ?? BY_NAME[place] ?? FREE;

/** @param value what help calls the option's value */
export function valuesOfOption(command: string, option: string, value: string): Values {
  const own = BY_OPTION[`${command} ${option}`];
  if (own !== undefined) return own;
  return value === "handle" ? asked("peers") : BY_NAME[value] ?? FREE;
}

/** Every place that is named above: those that are gone are found by a test. */
export const NAMED_PLACES: readonly string[] = Object.keys(BY_COMMAND);
export const NAMED_OPTIONS: readonly string[] = Object.keys(BY_OPTION);
