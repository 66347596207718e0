/** `wire service install`: keeps the daemon running across logins. */
import { serviceInstall } from "../../client/operations/service_install.ts";
import type { Command } from "../command.ts";
import { renderService, serviceOptions } from "./service_text.ts";

export const command = {
  operation: serviceInstall,
  usage: "",
  options: serviceOptions,
  examples: ["wire service install", "wire service install --local-relay"],
  toInput: (_, { localRelay }) => ({ localRelay }),
  render: renderService,
} satisfies Command<typeof serviceInstall>;
