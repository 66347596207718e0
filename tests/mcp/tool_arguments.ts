/** Something that each tool can be called with, in a home that knows alice. */

type Arguments = Record<string, unknown>;

export function argumentsFor(tool: string, relay_url: string): Arguments {
  const all: Readonly<Record<string, Arguments>> = {
    wire_send: { peer: "alice", kind: "claim", body: "hello" },
    wire_verify: { event: "0".repeat(64) },
    wire_init: { handle: "bob", relay_url },
    wire_pair_initiate: { relay_url, compat: true },
    wire_pair_join: { code_phrase: "42-K7QX2M", relay_url, max_wait_secs: 0 },
    wire_pair_check: { session_id: "x" },
    wire_pair_confirm: { session_id: "x", user_typed_digits: "123456" },
    wire_pair_initiate_detached: { relay_url, compat: true },
    wire_pair_join_detached: { code_phrase: "42-K7QX2M", relay_url },
    wire_pair_confirm_detached: { code_phrase: "42-K7QX2M", user_typed_digits: "123456" },
    wire_pair_cancel_pending: { code_phrase: "42-K7QX2M" },
    wire_invite_accept: { url: "wire://pair?v=1&inv=AAAA" },
    wire_add: { handle: "mallory@relay.test", relay_url },
    wire_pair_accept: { peer: "mallory" },
    wire_pair_reject: { peer: "nobody" },
    wire_claim: { nick: "bobby", relay_url },
    wire_whois: { handle: "alice" },
    wire_profile_set: { field: "motto", value: "hi" },
    wire_tail: { limit: 1000 },
    wire_wait: { timeout_secs: 0 },
    wire_thread: { thread: "ab".repeat(16) },
    wire_search: { text: "hello" },
  };
  return all[tool] ?? {};
}
