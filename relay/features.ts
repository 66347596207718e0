/** Announced by `GET /healthz` and `GET /v1/relay`: only what exists (docs/protocol/extensions.md). */
export const FEATURES: readonly string[] = ["grants", "ws", "receipts", "retention", "pair2"];
