/** Keeps the daemon of this home running across logins. See docs/protocol/cli.md §7.4. */
import path from "node:path";
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { commandNote } from "../own_command.ts";
import {
  reportOf,
  type Service,
  ServiceInput,
  serviceOf,
  ServiceReport,
} from "../service/report.ts";
import { type Freed, freeHome, isServedSoon } from "../service/take_over.ts";
import { ALL_SESSIONS } from "../../store/home/daemon_call.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";

const DIRECTORY_MODE = 0o755;
const UNIT_MODE = 0o644;

/**
 * The same again writes nothing new and restarts the service. Where the manager refuses, the unit stays
 * written and the detail says why: no daemon that ran is left without a successor.
 * @throws {WireError} refused, where no service manager is known; conflict, over somebody's own unit;
 * not_initialized; not_found; write_failed
 */
export const serviceInstall = {
  input: ServiceInput,
  output: ServiceReport,
  async run(context, input) {
    const service = await serviceOf(context, input);
    const { unit, manager } = service;
    const isForAll = unit.command.includes(ALL_SESSIONS);
    if (unit.kind === "daemon" && !isForAll) await context.home.readIdentity();
    await write(context, service);
    const note = commandNote(context.platform.processes.self);
    const written = (reason: string) =>
      reportOf(context, service, {
        action: "install",
        status: "written",
        details: [`not enabled: ${reason}`, note],
      });
    const complaint = await manager.complaint();
    if (complaint !== undefined) return await written(`the unit's check says: ${complaint}`);
    const absence = await manager.absence();
    if (absence !== undefined) return await written("there is nobody to enable it");
    const freed = await makeWay(context, service);
    if (freed.tag === "held") return await written(freed.reason);
    const problem = await problemStarting(context, service);
    if (problem !== undefined) {
      if (freed.tag === "ended") await ensureDaemon(context);
      return await written(problem);
    }
    const madeWay = freed.tag === "ended" ? `process ${freed.pid} has made way` : undefined;
    return await reportOf(context, service, {
      action: "install",
      status: manager.platform === "macos-launchd" ? "loaded" : "enabled",
      details: [madeWay, await manager.hint(), note],
    });
  },
} satisfies Operation<typeof ServiceInput, typeof ServiceReport>;

async function write({ platform: { files } }: ClientContext, { manager }: Service): Promise<void> {
  const { unitPath, text } = manager;
  const there = await files.readText(unitPath);
  if (there === text) return;
  if (there !== undefined && !manager.isOurs(there)) {
    throw new WireError("conflict", `Cannot write ${unitPath}: what is there is not ours`, {
      hint: "move it away, and run this again",
    });
  }
  await files.ensureDirectory(path.dirname(unitPath), DIRECTORY_MODE);
  await files.writeAtomic(unitPath, text, { point: "service.unit", mode: UNIT_MODE });
  if (await files.readText(unitPath) !== text) {
    throw new WireError("conflict", `${unitPath} was written, and somebody has changed it since`);
  }
}

/** Two daemons on one home is one too many: another one makes way. */
async function makeWay(context: ClientContext, { unit, manager }: Service): Promise<Freed> {
  if (unit.kind !== "daemon") return { tag: "free" };
  return await freeHome(context, unit, (await manager.state()).pid);
}

/** Why it does not run; undefined when the manager says that it does, and the home's lock says so, too. */
async function problemStarting(
  context: ClientContext,
  { unit, manager }: Service,
): Promise<string | undefined> {
  const problem = await manager.enable();
  if (problem !== undefined) return problem;
  const { active, said } = await manager.state();
  if (!active) return `the service manager says: ${said}`;
  // A user may have sessions and no home of their own.
  const isToServe = unit.kind === "daemon" && await context.home.isInitialized();
  if (!isToServe || await isServedSoon(context)) return undefined;
  return "its daemon did not take this home; wire daemon shows why";
}
