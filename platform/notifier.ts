/** Desktop notifications, best effort: a missing notifier is not an error. */
export interface Notifier {
  /** Where no desktop shows it, it is printed, except for what the caller prints in its own words. */
  notify(title: string, body: string, options?: NotifyOptions): Promise<void>;
}

export interface NotifyOptions {
  readonly isAlsoPrinted?: boolean;
}
