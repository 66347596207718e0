/**
 * The local socket of a home's daemon: from its opening to its end. Without it everything works by
 * files, so what hinders it is told and stops nothing. The caller holds the home's daemon.lock.
 */
import { bindLocal } from "../ipc/bind.ts";
import { newToken, publish, withdraw } from "../ipc/published.ts";
import { IpcServer } from "../ipc/server.ts";
import { WireError } from "../protocol/errors.ts";
import type { Home } from "../store/home/home.ts";
import type { Complaints } from "./complaints.ts";
import { requestHandler, type RequestsPort } from "./requests.ts";

export interface DoorOptions extends RequestsPort {
  readonly complaints: Complaints;
  /** Whether the environment's words about the socket are about this home. */
  readonly isNamed: boolean;
}

export interface Door {
  /** At once, whoever is there; `isOurs`: what says where it stands is still ours. */
  close(options: { readonly isOurs: boolean }): Promise<void>;
}

const STEP = "local socket";
const CLOSED: Door = { close: () => Promise.resolve() };

export async function openDoor(home: Home, options: DoorOptions): Promise<Door> {
  const { platform, paths: { stateRoot } } = home;
  const { files, random, log } = platform;
  let server: IpcServer | undefined;
  const close: Door["close"] = async ({ isOurs }) => {
    await server?.close();
    if (!isOurs) return;
    try {
      await withdraw(files, stateRoot);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      log.warn("the local socket's address stays", { error }); // where nobody listens any more
    }
  };
  try {
    const { isNamed } = options;
    const { listener, isOpen, passedOver } = await bindLocal(platform, { stateRoot, isNamed });
    for (const why of passedOver) log.info("the local socket stands elsewhere", { why });
    const token = isOpen ? newToken(random) : undefined;
    server = new IpcServer(listener, requestHandler(options), { ...platform, token });
    await publish(files, stateRoot, { address: listener.address, token });
    return { close };
  } catch (error) {
    await close({ isOurs: true });
    if (!(error instanceof WireError)) throw error;
    options.complaints.about(STEP, error);
    return CLOSED;
  }
}
