/** Takes the service away that `wire service install` made. See docs/protocol/cli.md §7.4. */
import { WireError } from "../../protocol/errors.ts";
import type { Operation } from "../operation.ts";
import { reportOf, ServiceInput, serviceOf, ServiceReport } from "../service/report.ts";

/**
 * Without a service it changes nothing. Mail stays where it is; without a daemon none moves.
 * @throws {WireError} refused, where no service manager is known; conflict, for somebody's own unit;
 * write_failed
 */
export const serviceUninstall = {
  input: ServiceInput,
  output: ServiceReport,
  async run(context, input) {
    const { files } = context.platform;
    const service = await serviceOf(context, input);
    const { manager } = service;
    const { unitPath } = manager;
    const action = "uninstall";
    const there = await files.readText(unitPath);
    if (there === undefined) {
      return await reportOf(context, service, { action, status: "absent", details: [] });
    }
    if (!manager.isOurs(there)) {
      throw new WireError("conflict", `Cannot remove ${unitPath}: what is there is not ours`);
    }
    const problem = await manager.disable();
    await files.remove(unitPath, { point: "service.remove" });
    await manager.forget();
    const isGone = await files.stat(unitPath) === undefined;
    const status = isGone ? "removed" : "installed";
    const details = [problem === undefined ? undefined : `it was not stopped: ${problem}`];
    return await reportOf(context, service, { action, status, details });
  },
} satisfies Operation<typeof ServiceInput, typeof ServiceReport>;
