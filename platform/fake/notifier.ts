/** Notifications kept for the test to look at. */
import type { Notifier } from "../notifier.ts";

export class FakeNotifier implements Notifier {
  readonly shown: { readonly title: string; readonly body: string }[] = [];

  notify(title: string, body: string): Promise<void> {
    this.shown.push({ title, body });
    return Promise.resolve();
  }
}
