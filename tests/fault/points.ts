/**
 * Durable steps that the sweep of sync_kill_test.ts does not reach, each with the test that kills
 * the program there and names it. A point that is gone, or reached after all, fails the run.
 */
export const COVERED_ELSEWHERE: Readonly<Record<string, string>> = {
  "quarantine.evicted": "store/mail/quarantine_test.ts",
  "home.private_key": "tests/fault/record_kill_test.ts",
  "home.blocklist": "store/home/blocklist_test.ts",
  "outbox.share": "store/home/shared_mail_test.ts",
  "home.sweep": "store/home/sweep_test.ts",
  "home.purge_peer": "client/operations/peers_by_hand_test.ts",
  "home.card_changed": "client/operations/profile_test.ts",
  "home.card": "tests/fault/record_kill_test.ts",
  "pairing.create": "tests/fault/record_kill_test.ts",
  "pairing.update": "tests/fault/record_kill_test.ts",
  "pairing.remove": "tests/fault/record_kill_test.ts",
  "pair2.create": "store/home/pair2_records_test.ts",
  "pair2.update": "store/home/pair2_records_test.ts",
  "pair2.remove": "store/home/pair2_records_test.ts",
  "relay.store_marker": "tests/fault/record_kill_test.ts",
  "invite.account": "store/home/pending_invites_test.ts",
  "invite.create": "store/home/pending_invites_test.ts",
  "invite.forget_pending": "store/home/pending_invites_test.ts",
  "invite.forget_account": "store/home/pending_invites_test.ts",
  "invite.redeem": "client/invite/redeem_test.ts",
  "invite.count": "client/invite/redeem_test.ts",
  "invite.pinned": "client/invite/redeem_test.ts",
  "invite.end": "client/invite/redeem_test.ts",
  "inbound.evict": "store/home/pending_inbound_test.ts",
  "inbound.request": "store/home/pending_inbound_test.ts",
  "inbound.handled": "store/home/pending_inbound_test.ts",
  "inbound.accepted": "store/home/pending_inbound_test.ts",
  "inbound.rejected": "store/home/pending_inbound_test.ts",
};
