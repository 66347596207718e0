/** The service that a home's daemon is the process of, if it is one's: who ends it must tell its manager. */
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import type { ServiceManager } from "../service/manager.ts";
import { serviceOf } from "../service/report.ts";
import { type Place, standingIn } from "./place.ts";

const MARK = "Written by: wire service install";

/**
 * The service that our program wrote for that home; nobody is asked where there is no unit.
 * @throws {WireError} unreadable, timed_out
 */
export async function ownService(
  context: ClientContext,
  place: Place,
): Promise<ServiceManager | undefined> {
  try {
    const { home } = place;
    const platform = standingIn(context.platform, place);
    const { manager } = await serviceOf({ ...context, home, platform }, { localRelay: false });
    const text = await platform.files.readText(manager.unitPath);
    return text?.includes(MARK) === true ? manager : undefined;
  } catch (error) {
    // Systems and programs without services have none to tell.
    if (error instanceof WireError && error.code !== "unreadable") return undefined;
    throw error;
  }
}

/** @returns its manager, if that process is the service's @throws {WireError} unreadable, timed_out */
export async function serviceOfDaemon(
  context: ClientContext,
  place: Place,
  pid: number,
): Promise<ServiceManager | undefined> {
  const manager = await ownService(context, place);
  if (manager === undefined || await manager.absence() !== undefined) return undefined;
  return (await manager.state()).pid === pid ? manager : undefined;
}
