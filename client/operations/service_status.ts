/** Whether the service is there and runs, by whom that can be known from. See docs/protocol/cli.md §7.4. */
import type { Operation } from "../operation.ts";
import { reportOf, ServiceInput, serviceOf, ServiceReport } from "../service/report.ts";

/** Changes nothing. @throws {WireError} refused, where no service manager is known */
export const serviceStatus = {
  input: ServiceInput,
  output: ServiceReport,
  async run(context, input) {
    const service = await serviceOf(context, input);
    const { manager } = service;
    const text = await context.platform.files.readText(manager.unitPath);
    const isOld = text !== undefined && text !== manager.text;
    const next = "wire service install";
    const old = isOld ? `the unit is not what this wire would write: ${next}` : undefined;
    const report = await reportOf(context, service, { action: "status", details: [old] });
    const { daemon, manager: state } = report;
    const isOther = state?.active === true && daemon?.running === true && daemon.pid !== state.pid;
    if (!isOther) return report;
    const detail = `${report.detail}; that is not the service's process ${state.pid}`;
    return { ...report, detail };
  },
} satisfies Operation<typeof ServiceInput, typeof ServiceReport>;
