/** What one process knows and does about deliveries: shared by whoever sends and whoever receives. */
import type { Clock } from "../../platform/clock.ts";
import type { Identity } from "../../store/home/identity.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import type { ClientContext } from "../context.ts";
import { FetchProbes } from "./fetch_probes.ts";
import { GapKeeper } from "./gap_keeper.ts";
import { Outgoing } from "./outgoing.ts";
import { ReceiptSender, type ReceiptTiming } from "./receipt_sender.ts";

export class Deliveries {
  readonly clock: Clock;
  readonly journal: DeliveryJournal;
  readonly outgoing: Outgoing;
  readonly receipts: ReceiptSender;
  readonly probes: FetchProbes;
  readonly gaps: GapKeeper;

  /** @param timing of a process that lives on; left out: receipts are due at once */
  constructor(context: ClientContext, identity: Identity, timing?: ReceiptTiming) {
    const { home: { paths: { stateRoot } }, platform: { files, clock } } = context;
    this.clock = clock;
    this.journal = new DeliveryJournal({ files, stateRoot });
    this.outgoing = new Outgoing({ files, clock, stateRoot, journal: this.journal });
    this.gaps = new GapKeeper({ files, stateRoot }, clock);
    this.probes = new FetchProbes(clock, this.journal);
    this.receipts = new ReceiptSender(context, identity, timing);
  }
}
