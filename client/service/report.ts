/**
 * What `wire service` answers: the service manager's word and what is seen beside it, never one for the
 * other. The first five members are those of 0.5.19 (docs/protocol/cli.md §7.4).
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { ClientContext } from "../context.ts";
import { relayUrlOf } from "../mailbox.ts";
import { ownCommand } from "../own_command.ts";
import { DEFAULT_LOCAL_RELAY } from "../sessions/local_mailbox.ts";
import { type ServiceManager, serviceManager } from "./manager.ts";
import { ALL_SESSIONS } from "../../store/home/daemon_call.ts";
import { daemonUnit, localRelayUnit, type Unit } from "./unit.ts";

export const ServiceInput = z.object({
  /** The relay that sessions of this machine meet on, instead of this home's daemon. */
  localRelay: z.boolean().default(() => false),
  /** One process for this home and every session of this user; left out: as the unit that is there. */
  allSessions: z.boolean().optional(),
});

const Manager = z.object({
  active: z.boolean(),
  /** Started at login; null when the manager does not say. */
  enabled: z.boolean().nullable(),
  pid: z.int().nullable(),
  /** In its own words. */
  said: z.string(),
});

export const ServiceReport = z.object({
  action: z.enum(["install", "uninstall", "status"]),
  platform: z.string(),
  unit_path: z.string(),
  status: z.string(),
  detail: z.string(),
  /** Null when it cannot be asked. */
  manager: Manager.nullable(),
  /** By the lock of the home, whoever started it; left out for the relay. */
  daemon: z.object({ running: z.boolean(), pid: z.int().nullable() }).optional(),
  /** Whether something answers there as a relay; left out for the daemon. */
  relay: z.object({ url: z.string(), answers: z.boolean() }).optional(),
});
export type ServiceReport = z.output<typeof ServiceReport>;

export interface Service {
  readonly unit: Unit;
  readonly manager: ServiceManager;
}

const LOCAL_RELAY = relayUrlOf(DEFAULT_LOCAL_RELAY);

/** @throws {WireError} refused, where no service manager is known; not_found, without our command */
export async function serviceOf(
  { platform, home }: ClientContext,
  { localRelay, allSessions }: z.output<typeof ServiceInput>,
): Promise<Service> {
  const self = await ownCommand(platform);
  if (localRelay) {
    const unit = localRelayUnit(self);
    return { unit, manager: serviceManager(platform, unit) };
  }
  const { configRoot } = home.paths;
  const single = daemonUnit(platform, self, { configRoot, allSessions: false });
  const manager = serviceManager(platform, single);
  const isAll = allSessions ??
    (await platform.files.readText(manager.unitPath))?.includes(ALL_SESSIONS) === true;
  if (!isAll) return { unit: single, manager };
  const unit = daemonUnit(platform, self, { configRoot, allSessions: true });
  return { unit, manager: serviceManager(platform, unit) };
}

/** What is so now: asked for anew, whatever was done. */
export async function reportOf(
  context: ClientContext,
  { unit, manager }: Service,
  { action, status, details }: {
    readonly action: ServiceReport["action"];
    /** Left out: what the manager says decides. */
    readonly status?: string;
    readonly details: readonly (string | undefined)[];
  },
): Promise<ServiceReport> {
  const { files } = context.platform;
  const isThere = await files.stat(manager.unitPath) !== undefined;
  const absence = await manager.absence();
  const state = absence === undefined ? await manager.state() : undefined;
  const { words } = manager;
  const found = state?.active === true ? words.on : isThere ? words.installed : words.off;
  const seen = unit.kind === "daemon" ? await daemonSeen(context) : await relaySeen(context);
  const said = absence === undefined
    ? `the service manager says: ${state?.said}`
    : `the service manager cannot be asked: ${absence}`;
  return {
    action,
    platform: manager.platform,
    unit_path: manager.unitPath,
    status: status ?? found,
    detail: [...details, said, seen.said].filter((part) => part !== undefined).join("; "),
    manager: state === undefined ? null : {
      active: state.active,
      enabled: state.enabled ?? null,
      pid: state.pid ?? null,
      said: state.said,
    },
    ...seen.members,
  };
}

interface Seen {
  readonly said: string;
  readonly members: Pick<ServiceReport, "daemon" | "relay">;
}

async function daemonSeen({ home }: ClientContext): Promise<Seen> {
  const { running, pid } = await daemonSnapshot(home);
  const said = running ? `process ${pid} serves this home` : "no daemon serves this home";
  return { said, members: { daemon: { running, pid: running ? pid : null } } };
}

async function relaySeen(context: ClientContext): Promise<Seen> {
  const answers = await answersAt(context, LOCAL_RELAY);
  const said = `${answers ? "a" : "no"} relay answers at ${LOCAL_RELAY}`;
  return { said, members: { relay: { url: LOCAL_RELAY, answers } } };
}

async function answersAt(context: ClientContext, url: RelayUrl): Promise<boolean> {
  try {
    return (await context.relay(url).health()).isRelay;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
