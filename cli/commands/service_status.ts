/** `wire service status`: what the service manager says, and what the lock says. */
import { serviceStatus } from "../../client/operations/service_status.ts";
import type { Command } from "../command.ts";
import { renderService, serviceOptions } from "./service_text.ts";

export const command = {
  operation: serviceStatus,
  usage: "",
  options: serviceOptions,
  examples: ["wire service status", "wire service status --local-relay"],
  toInput: (_, { localRelay }) => ({ localRelay }),
  render: renderService,
} satisfies Command<typeof serviceStatus>;
