/** Whether events are verified by the trust of now, reading trust.json only when it changed. */
import { WireError } from "../../protocol/errors.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";

export class Verifier {
  readonly #home: Home;
  #look = "";
  #trust: TrustStore | undefined;
  #self: Identity | undefined;

  constructor(home: Home) {
    this.#home = home;
  }

  /** False also when the trust cannot be read: then nothing is proved. */
  async isVerified(event: WireEvent): Promise<boolean> {
    await this.#refresh();
    if (this.#trust === undefined || this.#self === undefined) return false;
    return verifyEvent(event, this.#trust, this.#self).ok;
  }

  async #refresh(): Promise<void> {
    const stat = await this.#home.platform.files.stat(this.#home.file.trust);
    const look = stat === undefined ? "missing" : `${stat.size} ${stat.modifiedMs}`;
    if (look === this.#look) return;
    try {
      this.#self = await this.#home.readIdentity();
      this.#trust = await this.#home.readTrust();
      this.#look = look;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#trust = undefined; // and tried again with the next event
    }
  }
}
