/** What pair-host and pair-join take alike. */
import { flag, integer, type Option, text } from "../options.ts";

export const PAIRING_OPTIONS: Readonly<Record<string, Option>> = {
  relay: text("url", "the relay on which both sides meet (our mailbox's)"),
  yes: flag("confirm without comparing the digits; recorded as unproved"),
  timeout: integer("seconds", "how long to wait for the other side, per step (300)", {
    max: 86_400,
  }),
  detach: flag("let the daemon do the waiting; pair-watch and pair-confirm go on"),
};
