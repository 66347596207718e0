/** Desktop notifications, best effort: a missing notifier is not an error. */
export interface Notifier {
  notify(title: string, body: string): Promise<void>;
}
