/** `wire service uninstall`: takes it away again. */
import { serviceUninstall } from "../../client/operations/service_uninstall.ts";
import type { Command } from "../command.ts";
import { renderService, serviceOptions } from "./service_text.ts";

export const command = {
  operation: serviceUninstall,
  usage: "",
  options: serviceOptions,
  examples: ["wire service uninstall", "wire service uninstall --local-relay"],
  toInput: (_, { localRelay }) => ({ localRelay }),
  render: renderService,
} satisfies Command<typeof serviceUninstall>;
