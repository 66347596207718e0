/**
 * What a relay counts about itself, for whoever runs it (`--metrics-bind`). Labels are from small
 * fixed sets, never of a client's making: no slot, no nick, no address.
 */
import { type Counter, type Histogram, MetricRegistry } from "./metric_registry.ts";

/** Seconds; the budgets of docs/performance.md lie in the middle. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export class RelayMetrics {
  readonly registry = new MetricRegistry();

  /** Labels `method`, `route` (its pattern, or `none`), `status`. */
  readonly requests: Counter = this.registry.counter(
    "wire_http_requests_total",
    "Answered HTTP requests by method, route pattern and status",
  );
  /** Until the head of the answer; label `route`. */
  readonly requestSeconds: Histogram = this.registry.histogram(
    "wire_http_request_duration_seconds",
    "Time until an HTTP request is answered, by route pattern",
    REQUEST_BUCKETS,
  );
  /** Label `outcome`: `stored`, `duplicate`, `refused`. Label `via`: `http`, `ws`, `intro`. */
  readonly events: Counter = this.registry.counter(
    "wire_events_total",
    "Events that arrived, by how they came and what became of them",
  );
  /** Label `limit`: which bound said no (`source`, `grant`, `intro`, `guest`, `connections` …). */
  readonly limited: Counter = this.registry.counter(
    "wire_limited_total",
    "Requests and connections refused by a limit",
  );
  /** Label `direction`: `in`, `out`. */
  readonly frames: Counter = this.registry.counter(
    "wire_ws_frames_total",
    "WebSocket frames by direction",
  );
  /** Label `code`: the close code. */
  readonly socketsClosed: Counter = this.registry.counter(
    "wire_ws_closed_total",
    "WebSockets closed by code",
  );
  readonly #inFlight = { requests: 0 };

  constructor() {
    const { registry } = this;
    registry.gauge(
      "wire_http_requests_in_flight",
      "HTTP requests being answered",
      () => this.#inFlight.requests,
    );
  }

  /** @param status of the append; whatever is neither stored nor a duplicate was refused */
  arrived(via: "http" | "intro", status: string): void {
    this.events.add({
      outcome: status === "stored" || status === "duplicate" ? status : "refused",
      via,
    });
  }

  /** To be followed by `answered`. */
  begin(): void {
    this.#inFlight.requests++;
  }

  answered({ method, route, status, ms }: Answered): void {
    this.#inFlight.requests--;
    this.requests.add({ method, route, status: String(status) });
    this.requestSeconds.observe(ms / 1000, { route });
  }
}

interface Answered {
  /** One that the relay knows, or `other`. */
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** Until the answer's head was there. */
  readonly ms: number;
}
