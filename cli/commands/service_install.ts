/** `wire service install`: keeps the daemon running across logins. */
import { serviceInstall } from "../../client/operations/service_install.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";
import { renderService, serviceOptions } from "./service_text.ts";

export const command = {
  operation: serviceInstall,
  usage: "",
  options: {
    ...serviceOptions,
    allSessions: flag("one process for this home and all sessions of this user"),
  },
  examples: [
    "wire service install",
    "wire service install --all-sessions",
    "wire service install --local-relay",
  ],
  toInput: (_, { localRelay, allSessions }) => ({ localRelay, allSessions }),
  render: renderService,
} satisfies Command<typeof serviceInstall>;
